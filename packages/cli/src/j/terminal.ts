import { createWriteStream, type WriteStream } from "node:fs";
import { once } from "node:events";

import { allDevices, type Device } from "@jumpstarter-ts/client";
import { messageOf } from "@jumpstarter-ts/core";

import { tell, type Io } from "../io.ts";
import { createEscape } from "./escape.ts";
import { untyped } from "./call.ts";

export interface TerminalOptions {
  /** The byte stream of the device. Default `connect`. */
  readonly method?: string;
  /** A file that gets what is received. */
  readonly transcript?: string | undefined;
}

const consoleLabel = "jumpstarter_driver_pyserial.client.PySerialClient";

/** The device that was named, or the only one that is a console. */
export function findConsole(root: Device, path: string | undefined): Device {
  if (path !== undefined) return path.split(".").reduce((device, name) => device.child(name), root);
  const consoles = [...allDevices(root)].filter(({ label }) => label === consoleLabel);
  // A second name for a device is not a second console.
  const [first, second] = [...new Map(consoles.map((device) => [device.uuid, device])).values()];
  if (first !== undefined && second === undefined) return first;
  const seen = first === undefined ? "has none" : `has ${consoles.map(({ path: name }) => name).join(", ")}`;
  throw new Error(
    `j console does not know which console is meant: the exporter ${seen}; name the device, as in j console NAME`,
  );
}

/** Joins the terminal to a console, byte by byte, until it is left or the exporter ends it. */
export async function useTerminal(
  device: Device,
  io: Io,
  { method = "connect", transcript }: TerminalOptions = {},
): Promise<void> {
  const { stdin, stdout } = io;
  if (stdin.isTTY !== true || stdin.setRawMode === undefined) {
    throw new Error(
      `the console of ${device.path} needs a terminal, but stdin is none: use j ${device.path.replaceAll(".", " ")} pipe`,
    );
  }
  const file = transcript === undefined ? undefined : await openTranscript(transcript);
  const stream = await untyped(device, io.signal).open(method);
  const { promise: left, resolve: leave } = Promise.withResolvers<"left">();
  const ended = Promise.withResolvers<"ended">();
  const escape = createEscape();
  const onTyped = (typed: Buffer): void => {
    const { pass, isOver } = escape(typed);
    // What a person types needs no back-pressure; what is pasted waits in the stream.
    if (pass.length > 0 && !stream.destroyed) stream.write(pass);
    if (isOver) leave("left");
  };
  tell(io, `Connected to ${device.path}. Press Ctrl-B three times to leave.`);
  stdin.setRawMode(true);
  try {
    stream
      .on("data", (chunk: Buffer) => {
        file?.write(chunk);
        if (!stdout.write(chunk)) {
          stream.pause();
          stdout.once("drain", () => stream.resume());
        }
      })
      .once("end", () => ended.resolve("ended"))
      .once("error", (error) => ended.reject(error));
    stdin.on("data", onTyped).resume();
    const how = await Promise.race([left, ended.promise]);
    // The cursor may be anywhere in a line.
    io.stderr.write("\r\n");
    if (how === "ended") throw new Error(`the exporter ended the console of ${device.path}`);
  } finally {
    stdin.off("data", onTyped).pause();
    stdin.setRawMode(false);
    // Whatever broke it has been said.
    stream.on("error", () => undefined).destroy();
    if (file !== undefined) await new Promise((resolve) => file.end(resolve));
  }
}

async function openTranscript(path: string): Promise<WriteStream> {
  const file = createWriteStream(path, { flags: "a" });
  try {
    await once(file, "open");
  } catch (cause) {
    throw new Error(`the transcript ${path} cannot be written (${messageOf(cause)}): check its directory`, { cause });
  }
  return file;
}
