import { z } from "zod";

/** A value that travels as JSON in a text. */
export function json<S extends z.ZodType>(schema: S) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "it is no JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

export interface BtPeer {
  readonly address: string;
  readonly name: string;
}

export const peer = z.object({ address: z.string(), name: z.string() });

export interface BtConnection {
  readonly handle: number;
  /** Of the other side. */
  readonly address: string;
  /** `BR/EDR` or `LE`. */
  readonly transport: string;
  /** What the phone is in it: `central` or `peripheral`. */
  readonly role: string;
  readonly isEncrypted: boolean;
}

/** The library below tells the kind of encryption as a number. */
const encrypted = z.union([z.boolean(), z.number()]).transform(Boolean);

export const connection = z
  .object({ handle: z.number(), address: z.string(), transport: z.string(), role: z.string(), encrypted })
  .transform(({ encrypted: isEncrypted, ...rest }): BtConnection => ({ ...rest, isEncrypted }));

export interface BtPairing {
  readonly handle: number;
  readonly address: string;
  readonly isEncrypted: boolean;
}

export const pairing = z
  .object({ handle: z.number(), address: z.string(), encrypted })
  .transform(({ encrypted: isEncrypted, ...rest }): BtPairing => ({ ...rest, isEncrypted }));

export interface BtDisconnection {
  readonly handle: number;
  readonly address: string;
  /** Of the Bluetooth core specification, volume 1, part F: 0x13 is the other side's user. */
  readonly reason: number;
}

/** A status instead says that there was nothing to wait for. */
export const disconnection = z
  .union([z.object({ handle: z.number(), address: z.string(), reason: z.number() }), z.object({ status: z.string() })])
  .transform((wire): BtDisconnection | undefined => ("status" in wire ? undefined : wire));

export interface BtEvent {
  readonly type: string;
  /** Seconds since 1970, by the exporter's clock. */
  readonly timestampS: number;
  /** All that the driver told, with these two among it. */
  readonly details: Readonly<Record<string, unknown>>;
}

const event = z
  .looseObject({ ts: z.number(), type: z.string() })
  .transform((wire): BtEvent => ({ type: wire.type, timestampS: wire.ts, details: wire }));

export const events = z.array(event);
