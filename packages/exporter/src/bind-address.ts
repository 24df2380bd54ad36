import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isJumpstarterError, JumpstarterError, messageOf } from "@jumpstarter-ts/core";
import { formatHost, type PeerServer } from "@jumpstarter-ts/protocol";

import { selfSigned } from "./self-signed.ts";
import type { Listen } from "./start-exporter.ts";

export interface Bound {
  readonly host: string;
  readonly certificate?: string;
  release(): Promise<void>;
}

/** Closes the server where it cannot listen. */
export async function bind(server: PeerServer, listen: Listen): Promise<Bound> {
  if ("host" in listen) {
    const { host, port } = listen;
    try {
      const secured = listen.insecure === true ? undefined : (listen.tls ?? (await selfSigned(host)));
      const security = secured === undefined ? ({ insecure: true } as const) : { tls: secured };
      const address = await server.listenTcp({ host, port, ...security });
      const made = listen.insecure === true || listen.tls !== undefined ? undefined : secured;
      return {
        host: formatHost(address),
        ...(made && { certificate: String(made.certificateChain) }),
        release: async () => undefined,
      };
    } catch (cause) {
      await server.close();
      throw portError(listen, cause);
    }
  }
  const directory = listen.unix === undefined ? await socketDirectory() : undefined;
  const release = async (): Promise<void> => {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  };
  try {
    const path = listen.unix ?? join(directory ?? tmpdir(), "socket");
    await server.listenUnix(path);
    return { host: path, release };
  } catch (error) {
    await server.close();
    await release();
    throw error;
  }
}

/** Mode 0700, as mkdtemp makes it. */
function socketDirectory(): Promise<string> {
  return mkdtemp(join(process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), "jumpstarter-"));
}

function portError({ host, port }: { readonly host: string; readonly port: number }, cause: unknown): unknown {
  if (!isJumpstarterError(cause) || !messageOf(cause).includes("EADDRINUSE")) return cause;
  return new JumpstarterError(`port ${port} of ${host} is in use: stop what listens there, or choose another port`, {
    code: "failed-precondition",
    reason: "PORT_IN_USE",
    cause,
  });
}
