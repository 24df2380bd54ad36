import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";

import { JumpstarterError, within } from "@jumpstarter-ts/core";
import { z } from "zod";

import { connectError, connectTimeoutMs } from "./connecting.ts";

/** The options of every network that has a host and a port, by upstream's names. */
export const hostAndPort = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  /** False keeps clients from learning the address. */
  enable_address: z.boolean().default(true),
});

/** `host:port` as a URL writes it: an IPv6 address in brackets. */
export function joinHostPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** The first address of a host name, as this machine resolves it. */
export async function resolveHost(
  host: string,
  { signal, what }: { readonly signal: AbortSignal; readonly what: string },
): Promise<{ readonly address: string; readonly family: 4 | 6 }> {
  try {
    const { address, family } = await within(lookup(host), { what, signal, timeoutMs: connectTimeoutMs });
    return { address, family: family === 6 ? 6 : 4 };
  } catch (cause) {
    throw connectError(what, cause);
  }
}

export function assertAddressEnabled(isEnabled: boolean, device: string): void {
  if (isEnabled) return;
  throw new JumpstarterError(`${device} does not tell its address: enable_address is false in its configuration`, {
    code: "invalid-argument",
    reason: "ADDRESS_DISABLED",
  });
}
