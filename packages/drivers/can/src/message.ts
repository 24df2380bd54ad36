import { z } from "zod";

/** One message to send. */
export interface CanMessage {
  /** Up to 0x7ff; with `isExtendedId` up to 0x1fffffff. */
  readonly arbitrationId: number;
  /** 29 bits instead of 11. */
  readonly isExtendedId: boolean;
  /** Up to 8 bytes, with `isFd` up to 64. Default none. */
  readonly data?: Uint8Array;
  /** Bytes of data, or those that a remote frame asks for. Default: the length of `data`. */
  readonly dlc?: number;
  readonly isRemoteFrame?: boolean;
  readonly isErrorFrame?: boolean;
  readonly isFd?: boolean;
  readonly bitrateSwitch?: boolean;
  readonly errorStateIndicator?: boolean;
}

export interface ReceivedCanMessage extends Required<CanMessage> {
  /** When the exporter received it, in milliseconds; on most interfaces since 1970. */
  readonly timestampMs: number;
  /** False for an echo of a message that the exporter sent itself. */
  readonly isRx: boolean;
  readonly channel: string | number | undefined;
}

/** Standard base64. What a Python driver answers may be broken into lines. */
export const base64 = z.string().regex(/^[A-Za-z0-9+/\s]*={0,2}\s*$/);

/** As on the wire, where every member is there. */
export const canMessageSchema = z
  .object({
    timestamp: z.number(),
    arbitration_id: z.int().nonnegative(),
    is_extended_id: z.boolean(),
    is_remote_frame: z.boolean(),
    is_error_frame: z.boolean(),
    channel: z.union([z.number(), z.string()]).nullable(),
    dlc: z.int().nonnegative().nullable(),
    data: base64.nullable(),
    is_fd: z.boolean(),
    is_rx: z.boolean(),
    bitrate_switch: z.boolean(),
    error_state_indicator: z.boolean(),
  })
  .superRefine(({ arbitration_id: id, is_extended_id: isExtended, is_error_frame: isError, data, is_fd }, context) => {
    const highest = isExtended || isError ? 0x1fff_ffff : 0x7ff;
    const refuse = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    if (id > highest) {
      refuse("arbitration_id", `0x${id.toString(16)} is above 0x${highest.toString(16)}`);
    }
    const [length, longest] = [Buffer.from(data ?? "", "base64").length, is_fd ? 64 : 8];
    if (length > longest) refuse("data", `${length} bytes are more than the ${longest} of a message`);
  });

export type WireCanMessage = z.infer<typeof canMessageSchema>;

export function toWire(message: CanMessage): WireCanMessage {
  const { data = new Uint8Array(), dlc = data.length } = message;
  return {
    timestamp: 0,
    arbitration_id: message.arbitrationId,
    is_extended_id: message.isExtendedId,
    is_remote_frame: message.isRemoteFrame ?? false,
    is_error_frame: message.isErrorFrame ?? false,
    channel: null,
    dlc,
    data: Buffer.from(data).toString("base64"),
    is_fd: message.isFd ?? false,
    is_rx: true,
    bitrate_switch: message.bitrateSwitch ?? false,
    error_state_indicator: message.errorStateIndicator ?? false,
  };
}

export function fromWire(wire: WireCanMessage): ReceivedCanMessage {
  const data = fromBase64(wire.data ?? "");
  return {
    timestampMs: wire.timestamp * 1_000,
    arbitrationId: wire.arbitration_id,
    isExtendedId: wire.is_extended_id,
    isRemoteFrame: wire.is_remote_frame,
    isErrorFrame: wire.is_error_frame,
    channel: wire.channel ?? undefined,
    dlc: wire.dlc ?? data.length,
    data,
    isFd: wire.is_fd,
    isRx: wire.is_rx,
    bitrateSwitch: wire.bitrate_switch,
    errorStateIndicator: wire.error_state_indicator,
  };
}

/** A plain array of bytes, which compares equal to what a test writes down. */
export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}
