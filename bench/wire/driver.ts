import { open } from "node:fs/promises";
import { Duplex } from "node:stream";

import { argument, byteStream, contract, defineDriver, implement, streaming, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

/** The exporter's side of the wire benchmarks, the same as bench/python/wire_driver.py. */
export const bench = defineDriver({
  contract: contract({
    name: "bench",
    label: "wire_driver.BenchClient",
    methods: {
      noop: unary(),
      pid: unary({ result: z.number() }),
      configure: unary({ arguments: [argument("chunk_bytes", z.number()), argument("total_bytes", z.number())] }),
      items: streaming({
        arguments: [argument("count", z.number())],
        result: z.object({ voltage: z.number(), current: z.number() }),
      }),
      source: byteStream(),
      sink: byteStream(),
      console: byteStream(),
    },
  }),
  client: (remote) => ({
    noop: () => remote.call("noop"),
    pid: () => remote.call("pid"),
    configure: (chunkBytes: number, totalBytes: number) => remote.call("configure", chunkBytes, totalBytes),
    items: (count: number) => remote.stream("items", count),
    source: () => remote.open("source"),
    sink: () => remote.open("sink"),
    console: () => remote.console("console"),
  }),
  console: "console",
});

export const benchDriver = implement(bench, z.strictObject({ log: z.string() }), ({ log }) => {
  let chunkBytes = 65_536;
  let totalBytes = 0;
  return {
    noop: () => undefined,
    pid: () => process.pid,
    configure(chunk, total) {
      chunkBytes = chunk;
      totalBytes = total;
    },
    async *items(count) {
      for (let index = 0; index < count; index++) yield { voltage: 5, current: index };
    },
    source: () => sourceOf(chunkBytes, totalBytes),
    sink: () => countingSink(),
    console: () => logTail(log, chunkBytes, totalBytes),
  };
});

function sourceOf(chunkBytes: number, totalBytes: number): Duplex {
  const chunk = Buffer.alloc(chunkBytes);
  let left = Math.floor(totalBytes / chunkBytes);
  return new Duplex({
    read() {
      this.push(left-- > 0 ? chunk : null);
    },
    write: (_chunk, _encoding, done) => done(),
  });
}

/** Answers with one byte when everything has arrived. */
function countingSink(): Duplex {
  return new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(),
    final(done) {
      this.push("k");
      this.push(null);
      done();
    },
  });
}

/** The end of the log, chunk by chunk; then silence. */
function logTail(path: string, chunkBytes: number, totalBytes: number): Duplex {
  const opening = open(path);
  let position: number | undefined;
  const next = async (): Promise<Buffer | undefined> => {
    const file = await opening;
    position ??= (await file.stat()).size - totalBytes;
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
    position += bytesRead;
    return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
  };
  return new Duplex({
    read() {
      next().then(
        (chunk) => chunk !== undefined && this.push(chunk),
        (error: Error) => this.destroy(error),
      );
    },
    write: (_chunk, _encoding, done) => done(),
    destroy(error, done) {
      opening
        .then((file) => file.close())
        .then(
          () => done(error),
          () => done(error),
        );
    },
  });
}
