import { once } from "node:events";
import { connect } from "node:net";

import {
  JumpstarterError,
  messageOf,
  serve,
  within,
  type CallContext,
  type DriverScope,
  type ServedDriver,
} from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";

import type { Machine } from "./machine.ts";
import type { Hostfwd } from "./options.ts";

const connectTimeoutMs = 30_000;

/** A port of the guest, as a network that the exporter can reach while the machine is on. */
export function forwardOf(name: string, forward: Hostfwd, machine: Machine, scope: DriverScope): ServedDriver {
  const what = `the forward ${name} to port ${forward.guestport} of the machine`;
  const place = async ({ signal }: CallContext): Promise<{ host: string; port: number }> => {
    const host = forward.hostaddr;
    if (forward.hostport !== 0) return { host, port: forward.hostport };
    const { qmp } = machine.needRunning(what);
    const command = { "command-line": "info usernet" };
    const table = String(await qmp.execute("human-monitor-command", command, { signal }));
    const port = forwardedPort(table, forward);
    if (port !== undefined) return { host, port };
    throw unreachable(what, "QEMU does not list it");
  };
  return serve(network, {
    async address(context) {
      const { host, port } = await place(context);
      return `tcp://${host}:${port}`;
    },
    async connect(context) {
      machine.needRunning(what);
      const socket = connect({ ...(await place(context)), allowHalfOpen: true, noDelay: true });
      const signal = AbortSignal.any([context.signal, scope.signal]);
      const stop = (): void => void socket.destroy();
      signal.addEventListener("abort", stop, { once: true });
      socket.once("close", () => signal.removeEventListener("abort", stop));
      // Whoever reads is told of an error; without any listener it would end the exporter's process.
      socket.on("error", () => undefined);
      if (signal.aborted) stop();
      try {
        await within(once(socket, "connect"), { what, signal, timeoutMs: connectTimeoutMs });
        return socket;
      } catch (cause) {
        socket.destroy();
        if (signal.aborted) throw cause;
        throw unreachable(what, messageOf(cause), cause);
      }
    },
  });
}

/** The port of a rule in the table of `info usernet`, by the port of the guest to which it leads. */
export function forwardedPort(table: string, { hostaddr, guestport }: Hostfwd): number | undefined {
  // As QEMU shows the address that stands for all.
  const shown = hostaddr === "0.0.0.0" ? "*" : hostaddr;
  for (const line of table.split("\n")) {
    const [kind = "", , address, port, , guest] = line.trim().split(/\s+/);
    if (kind === "TCP[HOST_FORWARD]" && address === shown && Number(guest) === guestport) return Number(port);
  }
  return undefined;
}

function unreachable(what: string, seen: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(`${what} is not reachable: ${seen}`, {
    code: "unavailable",
    reason: "CONNECTION_FAILED",
    cause,
  });
}
