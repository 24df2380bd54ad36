import { UsageError, type Input } from "../command.ts";
import { tell, type Io } from "../io.ts";
import { exporterFile, isShown } from "./exporter-options.ts";
import { needsController } from "./lab-commands.ts";
import { runInside } from "./shell-child.ts";
import { leaseOptions } from "./shell-options.ts";

/** Runs a shell or a command while an exporter is at its disposal. */
export async function shell(input: Input, io: Io): Promise<number> {
  const remote = leaseOptions.find(({ name }) => input.isSet(name));
  const direct = input.text("tls-grpc");
  const hasLocal = input.isSet("exporter") || input.isSet("exporter-config");
  if (hasLocal && direct !== undefined) {
    throw new UsageError(`${input.called} got both a local exporter and --tls-grpc: give one of them`);
  }
  if (hasLocal) return localShell(input, io);
  if (direct !== undefined) return directShell(input, io, direct);
  if (remote !== undefined) throw new Error(needsController(`${input.called} --${remote.name}`));
  throw new UsageError(
    `${input.called} does not know which exporter: give --exporter ALIAS, --exporter-config FILE or --tls-grpc HOST:PORT`,
  );
}

/** The exporter is a process of its own, which notices when this one dies and leaves the bench in order. */
async function localShell(input: Input, io: Io): Promise<number> {
  const configFile = (await exporterFile(input, io)) ?? "";
  const { spawnExporter } = await import("@jumpstarter-ts/exporter/spawn");
  await using exporter = await spawnExporter({
    configFile,
    cwd: io.cwd,
    env: io.env,
    signal: io.signal,
    onLog: (line) => isShown(line, input.text("log-level")) && tell(io, line),
  });
  return await runInside(io, {
    command: input.words("COMMAND"),
    context: "local",
    env: { JUMPSTARTER_HOST: exporter.host, ...allAllowed },
  });
}

async function directShell(input: Input, io: Io, host: string): Promise<number> {
  const port = Number(/:(\d+)$/.exec(host)?.[1] ?? Number.NaN);
  if (!(port >= 1 && port <= 65_535)) {
    throw new UsageError(`--tls-grpc is ${JSON.stringify(host)}: write HOST:PORT, such as bench.example:1234`);
  }
  const insecure = input.isSet("tls-grpc-insecure");
  const passphrase = input.text("passphrase") ?? io.env["JMP_GRPC_PASSPHRASE"];
  const { connect } = await import("@jumpstarter-ts/client");
  await using session = await connect({
    host,
    insecure,
    registry: { definition: async () => undefined },
    signal: io.signal,
    ...(passphrase === undefined ? {} : { passphrase }),
  });
  await session.waitUntilReady({ signal: io.signal });
  const logs = input.isSet("exporter-logs") ? showLogs(session.logs(), input, io) : undefined;
  logs?.catch(() => undefined);
  return await runInside(io, {
    command: input.words("COMMAND"),
    context: "direct",
    env: {
      JUMPSTARTER_HOST: host,
      ...(insecure ? { JMP_GRPC_INSECURE: "1" } : {}),
      ...(passphrase === undefined ? {} : { JMP_GRPC_PASSPHRASE: passphrase }),
      JMP_EXPORTER: "direct",
      JMP_LEASE: "direct",
      ...allAllowed,
    },
  });
}

const allAllowed = { JMP_DRIVERS_ALLOW: "UNSAFE", _JMP_SUPPRESS_DRIVER_WARNINGS: "1" } as const;

async function showLogs(
  records: AsyncIterable<{ readonly severity: string; readonly message: string }>,
  input: Input,
  io: Io,
): Promise<void> {
  for await (const { severity, message } of records) {
    const line = `${severity} ${message}`;
    if (isShown(line, input.text("log-level"))) tell(io, line);
  }
}
