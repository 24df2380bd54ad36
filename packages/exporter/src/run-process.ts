#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { createInterface } from "node:readline";

import type { RunMessage, RunRequest } from "./run-messages.ts";

// Before anything heavy is loaded, which is why everything else here is imported late.
enableCompileCache();

const crashedExitCode = 75;
/** For the drivers to reach their safe state. */
const closeMs = 10_000;

const stop = new AbortController();
const hurry = new AbortController();
let stopMs = closeMs;
let signalled: number | undefined;

stop.signal.addEventListener("abort", () => {
  setTimeout(() => process.exit(1), stopMs).unref();
});
hurry.signal.addEventListener("abort", () => {
  stop.abort();
  setTimeout(() => process.exit(1), closeMs).unref();
});
// Ctrl+C goes to the whole group of the terminal; the parent decides.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => {
  signalled ??= 143;
  stop.abort();
});
process.on("uncaughtException", (error) => {
  // Nobody knows the driver's state any more, but the rails can still be switched off, and a fresh process can begin.
  process.exitCode = crashedExitCode;
  process.stderr.write(`CRITICAL:exporter:a driver failed unseen, the exporter starts anew: ${error.stack}\n`);
  hurry.abort();
});
process.stdout.on("error", () => stop.abort());
process.stderr.on("error", () => stop.abort());

const input = createInterface({ input: process.stdin });
const { promise: request, resolve: onRequest } = Promise.withResolvers<string>();
input.once("line", onRequest);
input.on("line", (line) => {
  if (line === "stop") stop.abort();
  if (line === "hurry") hurry.abort();
});
// The parent is gone, however it went.
input.once("close", () => stop.abort());

await main();

async function main(): Promise<void> {
  const { isJumpstarterError, messageOf } = await import("@jumpstarter-ts/core");
  try {
    const exitCode = await serve();
    if (process.exitCode === undefined) await say({ kind: "end", exitCode: signalled ?? exitCode });
  } catch (error) {
    if (process.exitCode === undefined && stop.signal.aborted) await say({ kind: "end", exitCode: signalled ?? 0 });
    else if (process.exitCode === undefined) {
      const { code, reason } = isJumpstarterError(error)
        ? error
        : ({ code: "internal", reason: "EXPORTER_FAILED" } as const);
      process.exitCode = 1;
      await say({ kind: "error", message: messageOf(error), code, reason });
    }
  }
  process.exit();
}

async function serve(): Promise<number> {
  const [{ loadExporterConfig }, { serveStandalone }, { readListen }] = await Promise.all([
    import("@jumpstarter-ts/config"),
    import("./serve-standalone.ts"),
    import("./run-listen.ts"),
  ]);
  // What our own parent wrote.
  const { configFile, listen } = JSON.parse(await request) as RunRequest;
  const log = (severity: string, logger: string, message: string): void =>
    void process.stderr.write(`${severity}:${logger}:${message}\n`);
  const config = await loadExporterConfig(configFile, { onWarning: (text) => log("WARNING", "config", text) });
  const { exitCode } = await serveStandalone({
    config,
    listen: await readListen(listen),
    stop: stop.signal,
    hurry: hurry.signal,
    log: ({ severity, logger, message }) => log(severity, logger, message),
    onReady({ host, hookHost, certificate }) {
      const { beforeLease, afterLease } = config.hooks;
      const hookMs = (hook: typeof afterLease): number => (hook === undefined ? 0 : 6_000);
      stopMs = hookMs(beforeLease) + hookMs(afterLease) + (afterLease?.timeoutS ?? 0) * 1_000 + closeMs;
      void say({ kind: "ready", host, hookHost, certificate, limits: config.failureDetection, stopMs });
    },
  });
  return exitCode;
}

function say(message: RunMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.stdout.write(`${JSON.stringify(message)}\n`, () => resolve());
  return promise;
}
