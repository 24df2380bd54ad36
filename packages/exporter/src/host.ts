import { parseArgs } from "node:util";

import { loadExporterConfig } from "@jumpstarter-ts/config";
import { isJumpstarterError, messageOf } from "@jumpstarter-ts/core";

import type { HostOrder } from "./spawn-exporter.ts";
import { startExporter } from "./start-exporter.ts";

/** How long everything may take to close before the process goes anyway. */
const closeMs = 10_000;

// Ctrl+C goes to the whole group of the terminal; whoever started us decides.
process.on("SIGINT", () => undefined);

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
process.once("SIGHUP", () => stop.abort());
// A stray failure of a driver: nobody knows its state any more, but the rails can still be switched off.
process.on("uncaughtException", (error) => {
  process.exitCode = 1;
  process.stderr.write(`CRITICAL exporter: the exporter stops, for a driver failed unseen: ${error.stack}\n`);
  stop.abort();
});
process.stdin
  .on("end", () => stop.abort())
  .on("error", () => stop.abort())
  .resume();
// Nobody reads us any more: the same as the end of stdin.
process.stdout.on("error", () => stop.abort());
process.stderr.on("error", () => stop.abort());
stop.signal.addEventListener("abort", () => {
  setTimeout(() => process.exit(1), closeMs).unref();
});

await main();

async function main(): Promise<void> {
  try {
    await serve(stop.signal);
    process.exit();
  } catch (error) {
    // Nobody waits any more for what was just stopped.
    if (stop.signal.aborted) process.exit();
    const { code, reason } = isJumpstarterError(error) ? error : { code: "internal", reason: "EXPORTER_FAILED" };
    await say({ error: { message: messageOf(error), code, reason } });
    process.exit(1);
  }
}

async function serve(signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    options: { "exporter-config": { type: "string" }, listen: { type: "string" } },
  });
  const file = values["exporter-config"] ?? (await readOrder(signal));
  const exporter = await startExporter({
    config: await loadExporterConfig(file),
    listen: { unix: values.listen },
    signal,
    log: ({ severity, logger, message }) => process.stderr.write(`${severity} ${logger}: ${message}\n`),
  });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve());
  await say({ host: exporter.host, pid: process.pid });
  await ended;
  await exporter.close();
}

/** What a process that was started ahead is told once it is needed: its configuration, and the environment of then. */
async function readOrder(signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  process.stdin.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    const end = text.indexOf("\n");
    if (end >= 0) resolve(text.slice(0, end));
  });
  signal.addEventListener("abort", () => reject(new Error("nobody needed this exporter")));
  // Written by spawn-exporter.ts.
  const { configFile, env } = JSON.parse(await promise) as HostOrder;
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name];
  Object.assign(process.env, env);
  return configFile;
}

function say(line: unknown): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve());
  return promise;
}
