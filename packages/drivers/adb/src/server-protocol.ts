import { abortedError, JumpstarterError, type ByteStream } from "@jumpstarter-ts/core";

export interface AdbCommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const maxOutputBytes = 64 * 1024 ** 2;

/** A connection to an ADB server, spoken as AOSP's SERVICES.TXT and the shell protocol (version 2) say. */
export interface ServerConnection extends Disposable {
  /** Asks for a service; throws what the server says against it. */
  request(service: string): Promise<void>;
  /** A message with its length before it. */
  readMessage(): Promise<string>;
  /** The three streams of a command, to its end. */
  readShell(): Promise<AdbCommandResult>;
}

export function talkToServer(stream: ByteStream, what: string, signal: AbortSignal | undefined): ServerConnection {
  const onAbort = (): void => void stream.destroy(abortedError(what, signal?.reason));
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const bytes = stream[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);

  const read = async (length: number): Promise<Buffer> => {
    while (held.length < length) {
      const next: IteratorResult<Buffer> = await bytes.next();
      if (next.done === true) throw broken(`${what}: the ADB server ended the connection`);
      held = Buffer.concat([held, next.value]);
    }
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
  const readMessage = async (): Promise<string> => {
    const length = Number.parseInt((await read(4)).toString("latin1"), 16);
    if (Number.isNaN(length)) throw broken(`${what}: the ADB server sent something that is no message`);
    return (await read(length)).toString();
  };

  return {
    readMessage,
    async request(service) {
      const body = Buffer.from(service);
      stream.write(Buffer.concat([Buffer.from(body.length.toString(16).padStart(4, "0")), body]));
      const status = (await read(4)).toString("latin1");
      if (status === "OKAY") return;
      if (status !== "FAIL") throw broken(`${what}: ${JSON.stringify(status)} is no answer of an ADB server`);
      throw new JumpstarterError(`${what}: the ADB server refused ${service}: ${await readMessage()}`, {
        code: "failed-precondition",
        reason: "ADB_REFUSED",
      });
    },
    async readShell() {
      const output: Record<number, Buffer[]> = { 1: [], 2: [] };
      let length = 0;
      for (;;) {
        const head = await read(5);
        const body = await read(head.readUInt32LE(1));
        const id = head[0] ?? 0;
        if (id === 3) {
          const [stdout, stderr] = [1, 2].map((each) => Buffer.concat(output[each] ?? []).toString());
          return { stdout: stdout ?? "", stderr: stderr ?? "", exitCode: body[0] ?? 0 };
        }
        length += body.length;
        if (length > maxOutputBytes) throw broken(`${what}: the command said more than ${maxOutputBytes} bytes`);
        output[id]?.push(body);
      }
    },
    [Symbol.dispose]() {
      signal?.removeEventListener("abort", onAbort);
      stream.destroy();
    },
  };
}

function broken(message: string): JumpstarterError {
  return new JumpstarterError(message, { code: "unavailable", reason: "ADB_BROKEN" });
}
