/** The client's side of the wire benchmarks with our library: a JSON command a line, a JSON answer a line. */
import { once } from "node:events";
import { createInterface } from "node:readline";

import { connect, type Session } from "@jumpstarter-ts/client";
import { createDriverRegistry } from "@jumpstarter-ts/config";
import { network } from "@jumpstarter-ts/driver-network";
import { flasher, storage } from "@jumpstarter-ts/driver-storage";

import type { Answer, Command } from "./commands.ts";
import { bench } from "./driver.ts";
import { percentile } from "./percentile.ts";

const installed = createDriverRegistry({ from: process.cwd() });
const registry = {
  definition: async (label: string) => (label === bench.contract.label ? bench : installed.definition(label)),
};
const open = (): Promise<Session> => connect({ registry, allow: ["UNSAFE"] });

await using session = await open();
const device = session.device("bench").as(bench);
console.log("ANSWER={}");
for await (const line of createInterface({ input: process.stdin })) {
  // The parent writes nothing else.
  console.log(`ANSWER=${JSON.stringify(await run(JSON.parse(line) as Command))}`);
}

async function run(command: Command): Promise<Answer> {
  switch (command.do) {
    case "unary":
      return unary(command.count, command.inFlight);
    case "items":
      return items(command.count);
    case "up":
      return up(command.chunkBytes, command.totalBytes);
    case "down":
      return down(command.chunkBytes, command.totalBytes);
    case "echo":
      return echo(command.count);
    case "write":
      return timed(command.totalBytes, () =>
        session.device("storage").as(storage).writeFromPath("image", command.path),
      );
    case "read":
      return timed(command.totalBytes, () => session.device("storage").as(storage).readIntoPath("image", command.path));
    case "flash": {
      const { path, encoding } = command;
      return timed(command.totalBytes, () => session.device("flasher").as(flasher).flash(path, { encoding }));
    }
    case "waitFor":
      return waitFor(command);
    case "pid":
      return { pid: await device.pid() };
    default:
      return command satisfies never;
  }
}

async function unary(count: number, inFlight: number): Promise<Answer> {
  const times: number[] = [];
  const caller = async (): Promise<void> => {
    for (let call = 0; call < count / inFlight; call++) {
      const started = performance.now();
      await device.noop();
      times.push(performance.now() - started);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: inFlight }, caller));
  const seconds = (performance.now() - started) / 1_000;
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), perSecond: times.length / seconds };
}

async function items(count: number): Promise<Answer> {
  let seen = 0;
  const started = performance.now();
  for await (const _item of device.items(count)) seen++;
  return { perSecond: seen / ((performance.now() - started) / 1_000) };
}

async function up(chunkBytes: number, totalBytes: number): Promise<Answer> {
  const stream = await device.sink();
  const chunk = Buffer.alloc(chunkBytes);
  const answered = once(stream, "data");
  const answer = await timed(totalBytes, async () => {
    for (let left = Math.floor(totalBytes / chunkBytes); left > 0; left--) {
      if (!stream.write(chunk)) await once(stream, "drain");
    }
    stream.end();
    await answered;
  });
  stream.destroy();
  return answer;
}

async function down(chunkBytes: number, totalBytes: number): Promise<Answer> {
  await device.configure(chunkBytes, totalBytes);
  let seen = 0;
  const answer = await timed(totalBytes, async () => {
    const stream = await device.source();
    stream.on("data", (chunk: Buffer) => (seen += chunk.length));
    await once(stream, "end");
    stream.destroy();
  });
  if (seen !== totalBytes) throw new Error(`${seen} bytes came, not ${totalBytes}`);
  return answer;
}

async function echo(count: number): Promise<Answer> {
  const stream = await session.device("echo").as(network).open();
  const payload = Buffer.alloc(64);
  const times: number[] = [];
  for (let round = 0; round < count; round++) {
    const started = performance.now();
    const came = once(stream, "data");
    stream.write(payload);
    await came;
    times.push(performance.now() - started);
  }
  stream.destroy();
  return { p50: percentile(times, 0.5) };
}

/** A recording is the session's own, so that every wait has a session of its own. */
async function waitFor({ chunkBytes, totalBytes, pattern }: Extract<Command, { do: "waitFor" }>): Promise<Answer> {
  await using own = await open();
  const device = own.device("bench").as(bench);
  await device.configure(chunkBytes, totalBytes);
  const started = performance.now();
  await device.console().waitFor(new RegExp(pattern), { since: "start", timeout: "5m" });
  return { ms: performance.now() - started };
}

async function timed(totalBytes: number, work: () => PromiseLike<unknown>): Promise<Answer> {
  const started = performance.now();
  await work();
  return { mbPerSecond: totalBytes / 1_000 / (performance.now() - started) };
}
