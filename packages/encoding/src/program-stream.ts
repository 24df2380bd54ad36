import { spawn } from "node:child_process";
import { Duplex } from "node:stream";

/** A filter program as a stream: what is written goes to its stdin, what it says is read. It fails when the program does. */
export function throughProgram(program: string, args: readonly string[]): Duplex {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  const { stdin, stdout, stderr } = child;
  let complaint = "";
  const stream = new Duplex({
    read: () => void stdout.resume(),
    // Its end tells what is wrong; a broken pipe only says that it has ended.
    write: (chunk: Uint8Array, _encoding, callback) => void stdin.write(chunk, () => callback()),
    final: (callback) => void stdin.end(() => callback()),
    destroy(error, callback) {
      child.kill("SIGKILL");
      callback(error);
    },
  });
  stdin.on("error", () => undefined);
  stdout.on("data", (chunk: Uint8Array) => {
    if (!stream.push(chunk)) stdout.pause();
  });
  stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = `${complaint}${text}`.slice(0, 1000);
  });
  child.once("error", (error) => stream.destroy(error));
  // After the last byte of its output was read.
  child.once("close", (code, signal) => {
    if (code === 0) stream.push(null);
    else stream.destroy(new Error(`${program} ended with ${signal ?? code}: ${complaint.trim()}`));
  });
  return stream;
}
