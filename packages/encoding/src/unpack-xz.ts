import { ReadableStream } from "node:stream/web";
import { setImmediate } from "node:timers/promises";

/**
 * Unpacks .xz files without a program: CRC32 and CRC64 only, no SHA-256, as the package has it. Throws for what is no .xz
 * file, or none to its end.
 */
export async function* unpackXz(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = { isOver: false };
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const chunk of packed) if (chunk.length > 0) yield chunk;
    input.isOver = true;
  }
  const plain = await openStream(ReadableStream.from(watched()));
  let emptyChunks = 0;
  for await (const chunk of plain) {
    // Fed with nothing more, the package would answer with nothing for ever.
    emptyChunks = chunk.length === 0 && input.isOver ? emptyChunks + 1 : 0;
    if (emptyChunks > maxEmptyChunks) throw new Error("the .xz file ends too early");
    if (chunk.length > 0) yield chunk;
  }
}

const maxEmptyChunks = 8;

/** What the package, whose version is pinned, keeps to itself. */
interface Instances {
  _contextMutex: { acquire(): Promise<void>; release(): void };
  /** Makes the WebAssembly instance that streams take when they start. */
  _getModuleInstance(): Promise<void>;
}

let lastOpened: Promise<unknown> = Promise.resolve();

/**
 * The package has one instance for all its streams, and lets each wait until the one before has ended: two that wait for
 * each other would do so for ever. So each gets an instance of its own.
 */
function openStream(packed: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const opened = lastOpened.then(async () => {
    // A CommonJS package, whose names Node finds on its default export.
    const { default: xz } = await import("xz-decompress");
    // Its static members are not in its types.
    const instances = xz.XzReadableStream as typeof xz.XzReadableStream & Instances;
    instances._contextMutex = { acquire: async () => undefined, release: () => undefined };
    await instances._getModuleInstance();
    const stream = new xz.XzReadableStream(packed);
    // By then it has taken the instance.
    await setImmediate();
    return stream;
  });
  lastOpened = opened.catch(() => undefined);
  return opened;
}
