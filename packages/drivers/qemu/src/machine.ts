import { constants } from "node:fs";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join, resolve } from "node:path";

import {
  abortedError,
  isJumpstarterError,
  JumpstarterError,
  messageOf,
  within,
  type DriverScope,
} from "@jumpstarter-ts/core";
import { guardDirectory, startService, type Service } from "@jumpstarter-ts/process";

import { chooseAccelerator } from "./accelerator.ts";
import { writeCloudInit } from "./cloud-init.ts";
import { debianPackageOf, qemuArguments, type CommandLineParts } from "./command-line.ts";
import { createConsoleHub, type ConsoleHub } from "./console-hub.ts";
import { createDisks, type Disks, type MachineFiles } from "./disks.ts";
import type { QemuOptions } from "./options.ts";
import { openQmp, type Qmp } from "./qmp.ts";
import { parseMemory, parseSize } from "./size.ts";
import { crashed, notStarted, startFailed } from "./start-error.ts";
import { logStandstill } from "./standstill.ts";

/** A machine that is switched on, and paused until `cont`. */
export interface RunningMachine {
  readonly qmp: Qmp;
  readonly process: Service;
  readonly memoryBytes: number;
  readonly hasRoot: boolean;
  readonly hasVariables: boolean;
  /** The guest has switched itself off, and nothing can be asked of it but to be gone. */
  readonly hasShutDown: () => boolean;
  /** It was not the guest: a signal from outside has ended it. */
  readonly wasEnded: () => boolean;
}

export interface Machine {
  readonly directory: string;
  readonly disks: Disks;
  readonly console: ConsoleHub;
  /** What the next start will have. */
  readonly sizes: { memory: string; disk: string | undefined };
  running(): RunningMachine | undefined;
  /** The one that can be used; one that has switched itself off is first waited for, or stopped. */
  alive(): Promise<RunningMachine | undefined>;
  /** Throws `failed-precondition` (`QEMU_OFF`), or what QEMU said where it crashed. */
  needRunning(what: string): RunningMachine;
  /** Why there is no machine, where it ended by itself. */
  failure(): JumpstarterError | undefined;
  /** What a call really failed with: QEMU that went away within it has said why a moment later. */
  explained(error: unknown): Promise<unknown>;
  /** Starts QEMU, paused. */
  start(signal: AbortSignal, memoryBytes?: number): Promise<RunningMachine>;
  stop(): Promise<void>;
  /** Power, flash and snapshots wait for each other. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

export async function openMachine(options: QemuOptions, scope: DriverScope): Promise<Machine> {
  const directory = await mkdtemp(join(tmpdir(), "jmp-qemu-"));
  scope.defer(() => rm(directory, { recursive: true, force: true }), { what: "remove the machine's files" });
  // Also while the machine is off: what was flashed may be large.
  const guard = await guardDirectory(directory);
  scope.defer(() => guard.release(), { what: "let the guard of the machine's files go" });
  const disks = createDisks(options, { directory, baseDirectory: scope.baseDirectory, log: scope.log });
  const hub = createConsoleHub(`the console of ${scope.name}`, scope.log);
  const sizes: Machine["sizes"] = { memory: options.mem, disk: options.disk_size ?? undefined };
  const program = options.emulator ?? `qemu-system-${options.arch}`;
  let running: RunningMachine | undefined;
  let latest: RunningMachine | undefined;
  let failure: JumpstarterError | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const launch = async (signal: AbortSignal, memoryBytes: number): Promise<RunningMachine> => {
    const path = await findProgram(program, options, scope.baseDirectory);
    const files = await disks.prepare(sizes.disk === undefined ? undefined : parseSize(sizes.disk), signal);
    if (hasNothingToRun(options, files)) {
      scope.log.warning(
        "the machine has no firmware and no kernel, so nothing runs in it: name a bios in default_partitions, or flash one",
      );
    }
    const accelerator = await chooseAccelerator(path, options, { cwd: directory, signal, log: scope.log });
    const hasCloudInit = options.cloud_init && files.root !== undefined;
    const parts: CommandLineParts = {
      options,
      files,
      accelerator,
      memoryBytes,
      cloudInit: hasCloudInit ? await writeCloudInit(directory, options, basename(directory)) : undefined,
      vncSocket: join(directory, "vnc"),
    };
    if (signal.aborted) throw abortedError("power on", signal.reason);
    const argv = [path, ...qemuArguments(parts)];
    scope.log.debug(argv.join(" "));
    const process = await startService(argv, { cwd: scope.baseDirectory, socketCount: 2, directory }).catch(
      (cause: unknown) => {
        throw notStarted(basename(path), cause);
      },
    );
    const [control, uart] = process.sockets;
    if (control === undefined || uart === undefined) throw new Error("a started program has its sockets");
    try {
      const timeoutMs = options.start_timeout * 1_000;
      const qmp = await openQmp(control, { signal, timeoutMs });
      hub.attach(uart);
      logStandstill(qmp, { log: scope.log, directory });
      let isOff = false;
      let wasEnded = false;
      qmp.listen(({ event, data }) => {
        if (event === "SHUTDOWN") {
          isOff = true;
          wasEnded = data["reason"] === "host-signal";
        }
        // Where it was told to stay: -no-shutdown.
        if (event === "RESUME") isOff = false;
      });
      return {
        qmp,
        process,
        memoryBytes,
        hasRoot: files.root !== undefined,
        hasVariables: files.firmware !== undefined,
        hasShutDown: () => isOff,
        wasEnded: () => wasEnded,
      };
    } catch (cause) {
      const end = await process.stop({ graceMs: 0 });
      if (signal.aborted) throw abortedError("power on", signal.reason);
      throw await startFailed({ program: basename(path), end, said: process.said(), options, cause });
    }
  };

  const start: Machine["start"] = async (signal, memoryBytes = parseMemory(sizes.memory)) => {
    const limits = AbortSignal.any([signal, scope.signal]);
    if (limits.aborted) throw abortedError("power on", limits.reason);
    const started = await launch(limits, memoryBytes);
    if (scope.signal.aborted) {
      await started.process.stop();
      throw abortedError("power on", scope.signal.reason);
    }
    running = started;
    latest = started;
    failure = undefined;
    void started.process.ended.then((end) => {
      if (running !== started) return;
      running = undefined;
      started.qmp.close();
      const isItself = started.hasShutDown() && !started.wasEnded() && end.code === 0;
      if (isItself) return scope.log.info("the machine has switched itself off");
      failure = crashed({ program: basename(program), end, said: started.process.said() });
      scope.log.error(messageOf(failure));
      hub.crashed(failure);
    });
    return started;
  };

  const stop = async (): Promise<void> => {
    const stopped = running;
    running = undefined;
    failure = undefined;
    if (stopped === undefined) return;
    await stopped.process.stop();
    stopped.qmp.close();
  };
  const inTurn: Machine["inTurn"] = (work) => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };
  // What is under way ends by the scope's signal; where it does not, the machine is stopped under it.
  scope.defer(stop, { what: "power off", timeoutMs: 8_000 });
  scope.defer(() => inTurn(stop), { what: "power off in turn", timeoutMs: 8_000 });

  return {
    directory,
    disks,
    console: hub,
    sizes,
    running: () => running,
    async alive() {
      if (running?.hasShutDown() === true) await stop();
      return running;
    },
    failure: () => failure,
    async explained(error) {
      if (latest === undefined || !isJumpstarterError(error) || error.reason !== "QMP_CLOSED") return error;
      await within(latest.process.ended, { timeoutMs: 2_000, what: "QEMU's end" }).catch(() => undefined);
      return failure ?? error;
    },
    needRunning(what) {
      if (running !== undefined) return running;
      if (failure !== undefined) throw failure;
      throw new JumpstarterError(`${what} needs a machine that is on: switch the power on first`, {
        code: "failed-precondition",
        reason: "QEMU_OFF",
      });
    },
    start,
    stop,
    inTurn,
  };
}

/** A PC and riscv64 have firmware of QEMU's own, and what `args` bring is not looked at. */
function hasNothingToRun({ arch, machine, args, devices }: QemuOptions, files: MachineFiles): boolean {
  const isArm = arch === "aarch64" || arch === "arm";
  const isBare = isArm && machine === undefined && args.length + devices.length === 0;
  return isBare && files.bios === undefined && files.kernel === undefined && files.firmware === undefined;
}

/** The program's path. Throws `failed-precondition` (`QEMU_MISSING`) with the package that has it. */
async function findProgram(program: string, { arch, emulator }: QemuOptions, baseDirectory: string): Promise<string> {
  const places = program.includes("/")
    ? [resolve(baseDirectory, program)]
    : (process.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, program));
  for (const place of places) {
    try {
      await access(place, constants.X_OK);
      return place;
    } catch {
      // The next place may have it.
    }
  }
  const otherwise = emulator === undefined ? "" : ", or correct emulator in the configuration";
  throw new JumpstarterError(
    `there is no program ${program} on the exporter's machine: install it with "apt-get install ${debianPackageOf[arch]}"${otherwise}`,
    { code: "failed-precondition", reason: "QEMU_MISSING" },
  );
}
