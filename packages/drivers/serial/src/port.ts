import { execFile } from "node:child_process";
import { Duplex } from "node:stream";
import { callbackify, promisify } from "node:util";

import { clock, JumpstarterError, messageOf } from "@jumpstarter-ts/core";
import { SerialPort } from "serialport";

import type { SerialLink } from "./link.ts";
import { disconnectedError, openError } from "./port-error.ts";

type Binding = Awaited<ReturnType<typeof SerialPort.binding.open>>;

export interface PortOptions {
  readonly path: string;
  readonly baudRate: number;
  readonly disableHupcl: boolean;
}

const readBytes = 64 * 1024;
const presenceCheckMs = 1_000;

/** Opens a port for itself alone: 8 data bits, no parity, 1 stop bit, no flow control, HUPCL and the lines untouched. */
export async function openPort({ path, baudRate, disableHupcl }: PortOptions): Promise<SerialLink> {
  const port = await SerialPort.binding.open({ path, baudRate, hupcl: false, lock: true }).catch((cause: unknown) => {
    throw openError(path, cause);
  });
  if (disableHupcl) {
    try {
      await clearHupcl(path);
    } catch (cause) {
      await port.close();
      throw cause;
    }
  }
  return {
    stream: portStream(port, path),
    async setLines(lines) {
      try {
        await port.set(lines);
      } catch (cause) {
        throw new JumpstarterError(`the serial port ${path} cannot set DTR and RTS: ${messageOf(cause)}`, {
          code: "unsupported",
          reason: "SERIAL_NO_LINES",
          cause,
        });
      }
    },
  };
}

/**
 * The port as a stream. It stands on the library's binding, not on its stream: that one cannot be destroyed, and its
 * read spins for ever on a port that was hung up between two reads. The presence check ends such a read.
 */
function portStream(port: Binding, path: string): Duplex {
  const buffer = Buffer.allocUnsafe(readBytes);
  const stream = new Duplex({
    read() {
      port.read(buffer, 0, readBytes).then(
        ({ bytesRead }) => stream.push(Buffer.from(buffer.subarray(0, bytesRead))),
        (cause: unknown) => stream.destroy(disconnectedError(path, cause)),
      );
    },
    write(chunk: Buffer, _encoding, done) {
      callbackify(() => port.write(chunk))((cause) => done(cause ? disconnectedError(path, cause) : null));
    },
    destroy(error, done) {
      clock.clearTimeout(timer);
      callbackify(() => port.close())((cause) => done(error ?? (cause ? disconnectedError(path, cause) : null)));
    },
  });
  let timer = clock.setTimeout(checkPresence, presenceCheckMs);
  function checkPresence(): void {
    port.getBaudRate().then(
      () => {
        if (!stream.destroyed) timer = clock.setTimeout(checkPresence, presenceCheckMs);
      },
      (cause: unknown) => stream.destroy(disconnectedError(path, cause)),
    );
  }
  return stream;
}

/** The library can set the flag but not clear it; `stty` is on every Linux and macOS. */
async function clearHupcl(path: string): Promise<void> {
  try {
    await promisify(execFile)("stty", [process.platform === "darwin" ? "-f" : "-F", path, "-hupcl"], {
      timeout: 5_000,
    });
  } catch (cause) {
    throw new JumpstarterError(`disable_hupcl cannot be done for ${path}: ${messageOf(cause)}`, {
      code: "unsupported",
      reason: "SERIAL_HUPCL_FAILED",
      cause,
    });
  }
}
