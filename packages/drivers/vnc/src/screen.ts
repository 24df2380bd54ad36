import { abortedError, JumpstarterError, within, type ByteStream } from "@jumpstarter-ts/core";

export interface Screen {
  readonly name: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

export interface ScreenOptions {
  readonly what: string;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const defaultTimeoutMs = 10_000;

/** Shakes hands as RFC 6143, section 7 says, without a password, and closes the connection. */
export async function readScreen(
  stream: ByteStream,
  { what, signal, timeoutMs = defaultTimeoutMs }: ScreenOptions,
): Promise<Screen> {
  const onAbort = (): void => void stream.destroy(abortedError(what, signal?.reason));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await within(shakeHands(stream, what), { signal, timeoutMs, what: `the answer of ${what}` });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stream.destroy();
  }
}

async function shakeHands(stream: ByteStream, what: string): Promise<Screen> {
  const chunks = stream[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const read = async (length: number): Promise<Buffer> => {
    while (held.length < length) {
      const next: IteratorResult<Buffer> = await chunks.next();
      if (next.done === true) throw refused(what, "the connection ended");
      held = Buffer.concat([held, next.value]);
    }
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
  const readText = async (limit: number): Promise<string> => {
    const length = (await read(4)).readUInt32BE(0);
    if (length > limit) throw refused(what, `a text of ${length} bytes`);
    return (await read(length)).toString();
  };

  const version = (await read(12)).toString("latin1");
  if (!version.startsWith("RFB 003.")) throw refused(what, `${JSON.stringify(version)} is not RFB`);
  stream.write("RFB 003.008\n");
  const kinds = await read((await read(1))[0] ?? 0);
  if (kinds.length === 0) throw refused(what, await readText(4_096));
  if (!kinds.includes(1)) throw refused(what, "it asks for a password");
  stream.write(Buffer.from([1]));
  if ((await read(4)).readUInt32BE(0) !== 0) throw refused(what, await readText(4_096));
  // Shared: other viewers stay.
  stream.write(Buffer.from([1]));
  const size = await read(20);
  return { width: size.readUInt16BE(0), height: size.readUInt16BE(2), name: await readText(65_536) };
}

function refused(what: string, why: string): JumpstarterError {
  return new JumpstarterError(`${what} showed no screen: ${why}`, {
    code: "failed-precondition",
    reason: "VNC_NO_SCREEN",
  });
}
