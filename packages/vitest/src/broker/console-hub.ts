import type { ByteStream } from "@jumpstarter-ts/core";

/** One console of a device, opened once and shared: two readers of one port would each get half of it. */
export interface ConsoleHub extends AsyncDisposable {
  /** Opens the stream if it is not open. What came before is forgotten: the next attempt must not see it. */
  startAttempt(): Promise<void>;
  /** Adds a reader: it gets all that has come since the attempt started, then what comes. It ends with the stream. */
  attach(reader: ConsoleReader): Promise<ConsoleWriter>;
}

export interface ConsoleReader {
  onChunk(chunk: Uint8Array): void;
  onEnd(error?: Error): void;
}

export interface ConsoleWriter {
  /** False when the stream wants a pause; `onDrain` is then called once. */
  write(chunk: Uint8Array, onDrain: () => void): boolean;
  detach(): void;
}

/** What is kept for readers that come later; the oldest bytes go first. */
const maxKeptBytes = 64 * 1024 ** 2;

export function createConsoleHub(open: () => Promise<ByteStream>): ConsoleHub {
  const readers = new Set<ConsoleReader>();
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let opening: Promise<ByteStream> | undefined;
  let stream: ByteStream | undefined;

  const forget = (): void => {
    kept = [];
    keptBytes = 0;
  };

  const ensureOpen = async (): Promise<ByteStream> => {
    opening ??= openOnce().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return await opening;
  };

  const openOnce = async (): Promise<ByteStream> => {
    const opened = await open();
    stream = opened;
    opened.on("data", (chunk: Uint8Array) => {
      kept.push(chunk);
      keptBytes += chunk.length;
      while (keptBytes > maxKeptBytes) keptBytes -= kept.shift()?.length ?? 0;
      for (const reader of readers) reader.onChunk(chunk);
    });
    const end = (error?: Error): void => {
      if (stream !== opened) return;
      stream = undefined;
      opening = undefined;
      // Whoever had it has it; a reader of the stream that is opened next must not find it there again.
      forget();
      for (const reader of readers) reader.onEnd(error);
      readers.clear();
    };
    opened.once("end", () => end());
    opened.once("error", end);
    opened.once("close", () => end());
    return opened;
  };

  return {
    async startAttempt() {
      forget();
      await ensureOpen();
    },
    async attach(reader) {
      const to = await ensureOpen();
      for (const chunk of kept) reader.onChunk(chunk);
      readers.add(reader);
      return {
        write(chunk, onDrain) {
          const isReady = to.write(chunk);
          if (!isReady) to.once("drain", onDrain);
          return isReady;
        },
        detach: () => void readers.delete(reader),
      };
    },
    async [Symbol.asyncDispose]() {
      stream?.destroy();
    },
  };
}
