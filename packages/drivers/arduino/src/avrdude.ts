import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import {
  abortedError,
  implement,
  readAll,
  type CallContext,
  type DriverScope,
  type ServedDriver,
} from "@jumpstarter-ts/core";
import { serial } from "@jumpstarter-ts/driver-serial";
import { flasher } from "@jumpstarter-ts/driver-storage";
import { runCommand } from "@jumpstarter-ts/process";
import { z } from "zod";

import { busyExitCode, explainAvrdude, noPort } from "./avrdude-error.ts";
import { flashBytes, formatFirmware, parseFirmware } from "./firmware.ts";
import { checkTarget, largestFileBytes } from "./flash-target.ts";

const options = z.strictObject({
  /** The board's serial port, best by its name under /dev/serial/by-id; or what else avrdude's -P takes. */
  port: z.string().min(1),
  /** The chip, by avrdude's name. */
  part: z.string().min(1).default("m328p"),
  /** How it is programmed: `arduino` is the boot loader of an Uno. */
  programmer: z.string().min(1).default("arduino"),
  baudrate: z.int().positive().default(115_200),
  program: z.string().min(1).default("avrdude"),
  /** Milliseconds that one flash or dump may take. */
  timeout_ms: z.int().positive().default(60_000),
});
type Options = z.infer<typeof options>;

/** Connection attempts, five seconds each. An Uno that answers does so at the first or the second. */
const attempts = 3;

/** The flasher of a real Arduino: Debian's avrdude, which speaks with the board's boot loader. */
export const avrdudeFlasher = implement(flasher, options, (given, scope) => {
  let flashed: Uint8Array | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  /** A port carries one conversation. */
  const inTurn = <T>(work: (signal: AbortSignal) => Promise<T>, context: CallContext): Promise<T> => {
    const signal = AbortSignal.any([context.signal, scope.signal]);
    const turn = queue.then(() => {
      if (signal.aborted) throw abortedError(`avrdude on ${given.port}`, signal.reason);
      return work(signal);
    });
    queue = turn.catch(() => {});
    return turn;
  };
  scope.defer(() => queue, { what: `end avrdude on ${given.port}` });

  return {
    async flash(source, target, context) {
      checkTarget(target);
      const file = await readAll(source, { limitBytes: largestFileBytes });
      parseImage(file, given);
      flashed = undefined;
      await inTurn((signal) => talk(file, { given, scope, signal }), context);
      flashed = file;
    },
    async dump(sink, partition, context) {
      checkTarget(partition);
      const dumped = await inTurn((signal) => talk(undefined, { given, scope, signal }), context);
      const flash = parseImage(dumped, given);
      // One content has many spellings in Intel HEX: what was written, and is still there, is given back as it came.
      const isThere = flashed !== undefined && holds(flash, parseImage(flashed, given));
      const hex = isThere && flashed !== undefined ? flashed : Buffer.from(formatFirmware(flash));
      await pipeline(Readable.from([hex]), sink);
    },
  };
});

interface Talk {
  readonly given: Options;
  readonly scope: DriverScope;
  readonly signal: AbortSignal;
}

/** Writes a file of Intel HEX to the flash or, without one, reads the flash into one. */
async function talk(file: Uint8Array | undefined, { given, scope, signal }: Talk): Promise<Uint8Array> {
  const { port, part, programmer, baudrate, program, timeout_ms } = given;
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-avrdude-"));
  try {
    const path = join(directory, "flash.hex");
    if (file !== undefined) await writeFile(path, file);
    await releasePort(scope, signal);
    const retries = programmer === "arduino" ? ["-x", `attempts=${attempts}`] : [];
    const where = ["-p", part, "-c", programmer, ...retries, "-P", port, "-b", String(baudrate)];
    const memory = `flash:${file === undefined ? "r" : "w"}:${path}:i`;
    await runCommand([...lockOf(port), program, "-q", ...where, "-D", "-U", memory], {
      signal,
      timeoutMs: timeout_ms,
      cwd: scope.baseDirectory,
      log: scope.log,
      reasonPrefix: "AVRDUDE",
      debianPackage: "avrdude",
      explain: (failure) => explainAvrdude(failure, { port, part, program }),
    });
    return await readFile(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Runs the rest with the port's lock, which avrdude does not ask for: the serial driver and most terminal programs do.
 * As the same process, so that what is killed is avrdude. Throws for a port that is not there: this would make it.
 */
function lockOf(port: string): readonly string[] {
  if (process.platform !== "linux" || !port.startsWith("/")) return [];
  if (!existsSync(port)) throw noPort(port);
  return ["flock", "--nonblock", "--no-fork", "--conflict-exit-code", String(busyExitCode), port];
}

/** An Uno has its console and its boot loader on one port: a console that is this driver's child gives it up. */
async function releasePort({ children }: DriverScope, signal: AbortSignal): Promise<void> {
  const consoles = Object.values(children).filter(({ contract }) => contract.name === serial.contract.name);
  for (const console of consoles) await closeOf(console)?.({ signal });
}

function closeOf({ methods }: ServedDriver): ((context: CallContext) => unknown) | undefined {
  // What the serial contract says of it.
  return methods["close"] as ((context: CallContext) => unknown) | undefined;
}

/** Only the Uno's chip is known here; of another one avrdude knows the size. */
function parseImage(file: Uint8Array, { part }: Options): Uint8Array {
  return parseFirmware(file, "the firmware", part === "m328p" ? flashBytes : largestFileBytes);
}

function holds(flash: Uint8Array, image: Uint8Array): boolean {
  return image.every((byte, address) => byte === (flash[address] ?? 0xff));
}
