import type { RunListen } from "@jumpstarter-ts/exporter";

import { UsageError, type Input } from "../command.ts";
import { tell, type Io } from "../io.ts";
import { exporterFile, isShown } from "./exporter-options.ts";
import { needsController } from "./lab-commands.ts";
import { pathWithCommands } from "./shell-child.ts";

/** Runs an exporter until a signal; the answer is its exit code. */
export async function run(input: Input, io: Io): Promise<number> {
  const configFile = await exporterFile(input, io);
  if (configFile === undefined) {
    throw new UsageError(`${input.called} needs an exporter: give --exporter ALIAS or --exporter-config FILE`);
  }
  const listen = listenOf(input, io);
  const { runExporter } = await import("@jumpstarter-ts/exporter/run");
  // Signals are the exporter's business: it brings its devices into their safe state before it ends.
  const release = io.interrupts.take(() => undefined);
  try {
    return await runExporter({
      configFile,
      listen,
      cwd: io.cwd,
      // Hooks find `j` beside this program.
      env: { ...io.env, ...pathWithCommands(io.env) },
      onLog: (line) => isShown(line, input.text("log-level")) && tell(io, line),
      onReady: ({ host }) => tell(io, `INFO:jmp:serving ${configFile} at ${host}`),
    });
  } finally {
    release();
  }
}

function listenOf(input: Input, io: Io): RunListen {
  const listener = input.text("tls-grpc-listener");
  if (listener === undefined) {
    throw new UsageError(
      `${needsController(`${input.called} without --tls-grpc-listener`)}, or serve directly with --tls-grpc-listener PORT`,
    );
  }
  const [, host = "0.0.0.0", digits = ""] = /^(?:(.+):)?(\d+)$/.exec(listener) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65_535) {
    throw new UsageError(
      `--tls-grpc-listener is ${JSON.stringify(listener)}: write PORT or HOST:PORT, such as 0.0.0.0:1234`,
    );
  }
  const where = {
    host: host.replaceAll(/[[\]]/g, ""),
    port,
    passphrase: input.text("passphrase") ?? io.env["JMP_GRPC_PASSPHRASE"],
  };
  const certificateFile = input.text("tls-cert");
  const keyFile = input.text("tls-key");
  if (input.isSet("tls-grpc-insecure")) {
    if (certificateFile === undefined && keyFile === undefined) return { ...where, insecure: true };
    throw new UsageError(
      "--tls-grpc-insecure is plaintext, which has no use for --tls-cert and --tls-key: give either",
    );
  }
  if (certificateFile === undefined || keyFile === undefined) {
    throw new UsageError(
      `${input.called} needs both --tls-cert and --tls-key to listen on ${listener}, or --tls-grpc-insecure for plaintext`,
    );
  }
  return { ...where, tls: { certificateFile, keyFile } };
}
