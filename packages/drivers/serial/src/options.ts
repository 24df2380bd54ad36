import { JumpstarterError } from "@jumpstarter-ts/core";
import { z } from "zod";

/** By upstream's names. */
export const serialOptions = z.strictObject({
  /** A device path (the ones under /dev/serial/by-id survive a replug), `socket://host:port`, or `loop://`. */
  url: z.string().min(1),
  /** Bits a second; 8 data bits, no parity, 1 stop bit. */
  baudrate: z.int().positive().default(115_200),
  /** Opens the port once when the exporter starts, so that a missing adapter is found then. */
  check_present: z.boolean().default(true),
  /** At most so many characters a second are sent, for a device that loses what comes faster. */
  cps: z.number().positive().nullish(),
  /** Keeps the port from dropping DTR when it is closed, which resets many boards. */
  disable_hupcl: z.boolean().default(false),
});

/** What a `url` leads to. */
export type SerialTarget =
  | { readonly kind: "device"; readonly path: string }
  | { readonly kind: "socket"; readonly host: string; readonly port: number }
  | { readonly kind: "loop" };

/** Reads a device path or one of pyserial's URLs. */
export function parseSerialUrl(url: string): SerialTarget {
  const scheme = /^([a-z0-9]+):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: "device", path: url };
  if (scheme === "loop") return { kind: "loop" };
  if (scheme === "socket") return parseSocketUrl(url);
  throw new JumpstarterError(
    `the serial URL ${url} cannot be opened: ${scheme}:// is not supported here, ` +
      "write a device path such as /dev/serial/by-id/…, socket://host:port or loop://",
    { code: "unsupported", reason: "SERIAL_URL_UNSUPPORTED" },
  );
}

function parseSocketUrl(url: string): SerialTarget {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const port = Number(parsed?.port);
  const host = parsed?.hostname.replace(/^\[(.*)\]$/, "$1") ?? "";
  if (host !== "" && port > 0) return { kind: "socket", host, port };
  throw new JumpstarterError(`the serial URL ${url} names no host and port: write socket://host:port`, {
    code: "invalid-argument",
    reason: "SERIAL_URL_INVALID",
  });
}
