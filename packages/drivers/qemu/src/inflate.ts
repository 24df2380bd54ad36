import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

import { JumpstarterError, messageOf } from "@jumpstarter-ts/core";

interface Compression {
  readonly name: string;
  readonly magic: readonly number[];
  readonly program?: string;
  readonly debianPackage?: string;
}

/** By the first bytes of a file. Node itself has gzip; the rest are the programs that every Debian has or can have. */
const compressions: readonly Compression[] = [
  { name: "gzip", magic: [0x1f, 0x8b] },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], program: "xz", debianPackage: "xz-utils" },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68], program: "bzip2", debianPackage: "bzip2" },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], program: "zstd", debianPackage: "zstd" },
];
const longestMagic = Math.max(...compressions.map(({ magic }) => magic.length));

/** The bytes of an image, unpacked where their beginning says that they are packed. */
export async function* inflated(image: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { head, rest } = await beginning(image);
  const compression = compressions.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
  if (compression === undefined) {
    yield* rest();
    return;
  }
  const decoder = compression.program === undefined ? gunzip() : runDecoder(compression, signal);
  const feeding = pipeline(rest(), decoder.input, { signal });
  feeding.catch(() => undefined);
  try {
    yield* decoder.output;
    await decoder.ended();
    await feeding;
  } catch (cause) {
    signal.throwIfAborted();
    throw decoder.missing() ?? packedBadly(compression, cause);
  } finally {
    decoder.stop();
  }
}

async function beginning(image: Readable) {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = image.iterator({ destroyOnReturn: false });
  while (length < longestMagic) {
    const next = await reader.next();
    if (next.done === true) break;
    // A resource is a stream of bytes.
    const chunk = next.value as Uint8Array;
    chunks.push(chunk);
    length += chunk.length;
  }
  return {
    head: Buffer.concat(chunks),
    async *rest(): AsyncGenerator<Uint8Array> {
      yield* chunks;
      for await (const chunk of { [Symbol.asyncIterator]: () => reader }) yield chunk as Uint8Array;
    },
  };
}

interface Decoder {
  readonly input: NodeJS.WritableStream;
  readonly output: AsyncIterable<Uint8Array>;
  ended(): Promise<void>;
  /** Why it could not run at all. */
  missing(): JumpstarterError | undefined;
  stop(): void;
}

function gunzip(): Decoder {
  const stream = createGunzip();
  return {
    input: stream,
    output: stream,
    ended: async () => undefined,
    missing: () => undefined,
    stop: () => void stream.destroy(),
  };
}

function runDecoder({ name, program = "", debianPackage = "" }: Compression, signal: AbortSignal): Decoder {
  const child = spawn(program, ["-dc"], { stdio: ["pipe", "pipe", "pipe"], signal, killSignal: "SIGKILL" });
  let said = "";
  let missing: JumpstarterError | undefined;
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-1_000)));
  child.stdin.on("error", () => undefined);
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
    child.once("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") {
        missing = new JumpstarterError(
          `the image is packed with ${name}, and there is no program ${program}: install it with "apt-get install ${debianPackage}"`,
          { code: "failed-precondition", reason: "DECODER_MISSING", cause },
        );
      }
      resolve(null);
    });
  });
  return {
    input: child.stdin,
    output: child.stdout,
    async ended() {
      const code = await ended;
      if (code !== 0) throw new Error(said.trim() === "" ? `${program} ended with ${code}` : said.trim());
    },
    missing: () => missing,
    stop: () => void child.kill("SIGKILL"),
  };
}

function packedBadly({ name }: Compression, cause: unknown): JumpstarterError {
  return new JumpstarterError(`the image looks packed with ${name}, and cannot be unpacked: ${messageOf(cause)}`, {
    code: "invalid-argument",
    reason: "IMAGE_INVALID",
    cause,
  });
}
