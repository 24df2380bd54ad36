import { connect } from "node:net";

import { implement, JumpstarterError, serve } from "@jumpstarter-ts/core";
import { z } from "zod";

import { dbusNetwork } from "./client.ts";
import { hold, opened } from "./connecting.ts";

const options = z.strictObject({ kind: z.enum(["system", "session"]) });

export const dbusSocketNetwork = implement(dbusNetwork, options, ({ kind }, scope) => {
  const target = parseBusAddress(busAddress(kind));
  const methods = {
    async connect({ signal }: { readonly signal: AbortSignal }) {
      const holding = { scope, signal, what: `connection to the ${kind} bus` };
      const socket = hold(connect({ ...target, allowHalfOpen: true }), holding);
      return opened(socket, { ...holding, event: "connect" });
    },
  };
  return serve(dbusNetwork, methods, {
    children: scope.children,
    labels: { "jumpstarter.dev/dbusnetwork/kind": kind },
  });
});

function busAddress(kind: "system" | "session"): string {
  if (kind === "system") return process.env["DBUS_SYSTEM_BUS_ADDRESS"] ?? "unix:path=/run/dbus/system_bus_socket";
  return process.env["DBUS_SESSION_BUS_ADDRESS"] ?? `unix:path=/run/user/${process.getuid?.() ?? 0}/bus`;
}

/** The first address of a D-Bus address list that is a socket to connect to (D-Bus specification, "Server Addresses"). */
export function parseBusAddress(
  list: string,
): { readonly path: string } | { readonly host: string; readonly port: number } {
  for (const address of list.split(";")) {
    const [transport, rest = ""] = address.split(/:(.*)/s);
    const keys = new Map(rest.split(",").map((pair) => splitOnce(pair)));
    const path = keys.get("path");
    const abstractName = keys.get("abstract");
    const port = Number(keys.get("port"));
    if (transport === "unix" && path !== undefined) return { path };
    if (transport === "unix" && abstractName !== undefined) return { path: `\0${abstractName}` };
    if (transport === "tcp" && Number.isInteger(port)) return { host: keys.get("host") ?? "localhost", port };
  }
  throw new JumpstarterError(`the bus address ${JSON.stringify(list)} names no unix or TCP socket to connect to`, {
    code: "unsupported",
    reason: "BUS_ADDRESS_UNSUPPORTED",
  });
}

function splitOnce(pair: string): readonly [string, string] {
  const [key = "", value = ""] = pair.split(/=(.*)/s);
  return [key, decodeURIComponent(value)];
}
