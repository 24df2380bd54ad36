import { resolve } from "node:path";

import {
  implement,
  JumpstarterError,
  messageOf,
  openChild,
  serve,
  type CallContext,
  type DriverMethods,
  type DriverScope,
} from "@jumpstarter-ts/core";
import type { networkContract } from "@jumpstarter-ts/driver-network";
import { tcpNetwork } from "@jumpstarter-ts/driver-network/tcp";
import { runCommand } from "@jumpstarter-ts/process";
import { z } from "zod";

import { adb } from "./client.ts";
import { createServerProcess, freePort, serverHost, type AdbServer } from "./server.ts";

const options = z.strictObject({
  /** The program; a path that is relative starts at the exporter's configuration file. */
  adb_path: z.string().min(1).default("adb"),
  /** Where the server listens: this machine. */
  host: z.enum(["127.0.0.1", "localhost", "0.0.0.0"]).default(serverHost),
  /** The server's own; 0 for any that is free. */
  port: z.int().min(0).max(65_535).default(15_037),
  /** False keeps clients from learning the address. */
  enable_address: z.boolean().default(true),
  /** Seconds that the server may take to reach a device on the network. */
  connect_timeout: z.number().positive().max(3_600).default(30),
});

const versionMs = 10_000;
/** A little more than a server takes that does not want to end. */
const stopMs = 7_000;

/** An ADB server of the exporter's own, which runs while the session does. */
export const openAdb = implement(adb, options, async (given, scope) => {
  const { adb_path, port: wanted, enable_address, connect_timeout } = given;
  const program = adb_path.includes("/") ? resolve(scope.baseDirectory, adb_path) : adb_path;
  await checkProgram(program, scope);
  const port = wanted === 0 ? await freePort() : wanted;
  const server = createServerProcess({ what: scope.name, program, port, log: scope.log });
  scope.defer(() => server.stop(), { what: "the end of the ADB server", timeoutMs: stopMs });
  await server.start(scope.signal);

  const served = await openChild(scope, "server", tcpNetwork, { options: { host: serverHost, port, enable_address } });
  // The methods of the contract that it implements.
  const tcp = served.methods as unknown as Required<DriverMethods<typeof networkContract>>;
  return serve(
    adb,
    {
      connect(context) {
        server.assertRunning();
        return tcp.connect(context);
      },
      address: (context) => tcp.address(context),
      async start_server({ signal }) {
        await server.start(signal);
        return port;
      },
      async kill_server() {
        await server.stop();
        return port;
      },
      list_devices: async ({ signal }) => `List of devices attached\n${await asked(server, "devices-l", { signal })}\n`,
      connect_device: (device, context) => reach(server, device, { ...context, timeoutMs: connect_timeout * 1_000 }),
      disconnect_device: (device, { signal }) => asked(server, `disconnect:${device}`, { signal }),
    },
    { children: scope.children },
  );
});

function asked(
  server: AdbServer,
  service: string,
  options: { signal: AbortSignal; timeoutMs?: number },
): Promise<string> {
  server.assertRunning();
  return server.ask(`host:${service}`, options);
}

/** The server says also of what failed that it is okay. */
async function reach(server: AdbServer, device: string, options: CallContext & { timeoutMs: number }): Promise<string> {
  const said = await asked(server, `connect:${device}`, options);
  if (/^(?:already )?connected to /.test(said)) return said;
  throw new JumpstarterError(`the ADB server did not reach ${device}: ${said.trim()}`, {
    code: "unavailable",
    reason: "ADB_DEVICE_UNREACHABLE",
  });
}

async function checkProgram(program: string, { signal, log }: DriverScope): Promise<void> {
  try {
    const limits = { signal, timeoutMs: versionMs, cwd: "/", reasonPrefix: "ADB_VERSION" };
    log.debug((await runCommand([program, "version"], { ...limits, log: { ...log, info: log.debug } })).trim());
  } catch (cause) {
    throw new JumpstarterError(
      `the program ${program} of the ADB server does not run: ${messageOf(cause)}; ` +
        'install it with "apt-get install adb", or correct adb_path',
      { code: "failed-precondition", reason: "ADB_NOT_INSTALLED", cause },
    );
  }
}
