import { createHash } from "node:crypto";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";

import {
  argument,
  byteStream,
  contract,
  createStreamPair,
  defineDriver,
  implement,
  JumpstarterError,
  readAll,
  sink,
  source,
  streaming,
  unary,
  type ByteStream,
  type Implementation,
} from "@jumpstarter-ts/core";
import { z } from "zod";

const anything = z.unknown();

/** One method for each way in which a call can go. */
const probe = defineDriver({
  contract: contract({
    name: "probe",
    label: "acme.client.Probe",
    methods: {
      echo: unary({ help: "Answer the argument", arguments: [argument("value", anything)], result: anything }),
      add: unary({
        arguments: [
          argument("left", z.number().int()),
          argument("right", z.number().int().optional()),
          argument("unit", z.string().default("mm")),
        ],
        result: z.string(),
      }),
      fail: unary({ arguments: [argument("kind", z.enum(["ours", "foreign", "timeout", "refused"]))] }),
      hang: unary(),
      ignore_signal: unary(),
      lie: unary({ result: z.number() }),
      rescue: unary({ isOptional: true }),
      count: streaming({ arguments: [argument("to", z.number())], result: z.number() }),
      count_and_fail: streaming({ result: z.number() }),
      flood: streaming({ result: z.string() }),
      wait: streaming({ result: z.number() }),
      take: unary({ arguments: [source("image"), argument("limit", z.number().optional())], result: anything }),
      give: unary({ arguments: [sink("target"), argument("bytes", z.number())] }),
      connect: byteStream(),
      datagrams: byteStream({ isDatagram: true }),
      refuse: byteStream(),
      dawdle: byteStream(),
      broken: byteStream(),
      breaking: byteStream(),
    },
  }),
  client: () => ({}),
});

export interface Probe {
  readonly implementation: Implementation;
  /** What is open at this moment, by name. */
  readonly open: Set<string>;
  /** The driver's ends of its byte streams. */
  readonly streams: ByteStream[];
  /** What happened, in order. */
  readonly events: string[];
  /** Resolves once an event was recorded, also one of before. */
  saw(event: string): Promise<void>;
  /** Items of `flood` that were produced. */
  readonly flooded: () => number;
}

export function createProbe(): Probe {
  const open = new Set<string>();
  const events: string[] = [];
  const streams: ByteStream[] = [];
  const watchers = new Map<string, PromiseWithResolvers<void>>();
  let flooded = 0;
  const watcher = (event: string): PromiseWithResolvers<void> => {
    const known = watchers.get(event) ?? Promise.withResolvers<void>();
    watchers.set(event, known);
    return known;
  };
  const record = (event: string): void => {
    events.push(event);
    watcher(event).resolve();
  };
  const holding = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    open.add(name);
    record(`${name} started`);
    try {
      return await work();
    } finally {
      open.delete(name);
      record(`${name} ended`);
    }
  };
  const connect = (): ByteStream => {
    const { near, far } = createStreamPair();
    streams.push(near);
    open.add("stream");
    far.once("close", () => {
      open.delete("stream");
      record("stream closed");
    });
    return far;
  };

  const implementation = implement(
    probe,
    z.strictObject({ port: z.number().optional() }).default({}),
    (_options, scope) => {
      open.add("driver");
      scope.defer(() => {
        open.delete("driver");
        record("driver closed");
      });
      scope.log.info("probe is open");
      return {
        echo: (value) => value,
        add: (left, right, unit) => `${left + (right ?? 100)} ${unit}`,
        fail(kind) {
          if (kind === "timeout") throw new DOMException("no answer in time", "TimeoutError");
          if (kind === "refused") throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
          if (kind === "foreign") throw new TypeError("the coil is too hot");
          throw new JumpstarterError("the rail is short", { code: "failed-precondition", reason: "RAIL_SHORT" });
        },
        hang: ({ signal }) => holding("hang", () => once(signal, "abort").then(() => signal.throwIfAborted())),
        ignore_signal: () => holding("ignore_signal", () => new Promise<void>(() => undefined)),
        // What a driver in JavaScript may do.
        lie: () => "five" as unknown as number,
        async *count(to) {
          for (let item = 1; item <= to; item += 1) yield item;
        },
        async *count_and_fail() {
          yield 1;
          throw new Error("the meter fell off");
        },
        async *flood() {
          open.add("flood");
          try {
            for (;;) {
              flooded += 1;
              yield "x".repeat(256 * 1024);
            }
          } finally {
            open.delete("flood");
            record("flood ended");
          }
        },
        async *wait({ signal }) {
          yield 1;
          await holding("wait", () => once(signal, "abort"));
        },
        take: (image, limit) =>
          holding("take", async () => {
            if (limit === undefined) {
              const bytes = await readAll(image);
              return { length: bytes.length, sha256: sha256(bytes) };
            }
            let length = 0;
            for await (const chunk of image) {
              // A readable of bytes gives bytes.
              length += (chunk as Uint8Array).length;
              if (length >= limit) break;
            }
            return { length };
          }),
        give: (target, count) => holding("give", () => pipeline(pieces(count), target)),
        connect: () => connect(),
        datagrams: () => datagramEcho(open, record),
        refuse() {
          throw new JumpstarterError("the port is taken", { code: "unavailable", reason: "PORT_TAKEN" });
        },
        broken() {
          const stream = connect();
          stream.destroy(new Error("the cable is out"));
          return stream;
        },
        breaking: () =>
          Duplex.from(async function* () {
            const said = pattern(256 * 1024);
            for (let at = 0; at < said.length; at += 16_384) yield said.subarray(at, at + 16_384);
            throw new Error("the cable is out");
          }),
        dawdle: ({ signal }) =>
          holding("dawdle", async () => {
            await once(signal, "abort");
            return connect();
          }),
      };
    },
  );
  return { implementation, open, streams, events, saw: (event) => watcher(event).promise, flooded: () => flooded };
}

/** A pattern that shows a chunk that was lost, repeated or moved. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index + 4 <= length; index += 4) bytes.writeUInt32LE(index, index);
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function* pieces(count: number): Generator<Uint8Array> {
  const bytes = pattern(count);
  for (let at = 0; at < count; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

/** Answers each datagram with one of the same length. */
function datagramEcho(open: Set<string>, record: (event: string) => void): ByteStream {
  const echo: ByteStream = new Duplex({
    objectMode: true,
    read: () => undefined,
    write(chunk: Uint8Array, _encoding, callback) {
      echo.push(chunk);
      callback();
    },
    final(callback) {
      echo.push(null);
      callback();
    },
  });
  open.add("stream");
  echo.once("close", () => {
    open.delete("stream");
    record("stream closed");
  });
  return echo;
}
