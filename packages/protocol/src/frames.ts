import {
  type CallOptions,
  type ChannelCredentials,
  type Client,
  type ClientDuplexStream,
  type ClientOptions,
  makeGenericClientConstructor,
  type Metadata,
} from "@grpc/grpc-js";
import { JumpstarterError } from "@jumpstarter-ts/core";

import { FrameType, RouterServiceService as GeneratedService } from "./gen/jumpstarter/v1/router.ts";

/** What flows through `RouterService.Stream`, in both directions. */
export interface Frame {
  readonly payload: Uint8Array;
  /** A {@link FrameType}, or a number that we do not know and ignore. */
  readonly frameType: number;
  /** True if the rest of the payload follows in further frames: it is given as it arrives. */
  readonly isPartial?: boolean;
}

/** Most payload that we put into one frame; we accept any length. */
export const maxFramePayloadBytes = 64 * 1024;

/** One allocation and one copy; the generated codec needs two of each. `room` is left free before the frame. */
export function encodeFrame({ payload, frameType }: Frame, room = 0): Buffer {
  const length = payload.length;
  const payloadSize = length === 0 ? 0 : 1 + varintSize(length) + length;
  const typeSize = frameType === 0 ? 0 : 1 + int32Size(frameType);
  const out = Buffer.allocUnsafe(room + payloadSize + typeSize);
  let at = room;
  if (length > 0) {
    out[at++] = payloadTag;
    at = writeVarint(out, at, length);
    out.set(payload, at);
    at += length;
  }
  if (frameType !== 0) {
    out[at++] = frameTypeTag;
    writeInt32(out, at, frameType);
  }
  return out;
}

/** No copy: the payload is a view of `bytes`. Unknown fields are skipped; of a repeated field the last one counts. */
export function decodeFrame(bytes: Uint8Array): Frame {
  let payload: Uint8Array = empty;
  let frameType = 0;
  const cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length) {
    const tag = readVarint(cursor);
    if (tag === payloadTag) {
      const length = readVarint(cursor);
      payload = bytes.subarray(cursor.at, advance(cursor, length));
    } else if (tag === frameTypeTag) {
      frameType = readVarint(cursor) | 0;
    } else {
      skipField(cursor, tag);
    }
  }
  return { payload, frameType };
}

/** What comes before the payload of a frame of data; the frame is these bytes and the payload. */
export function payloadHead(length: number, room: number): Buffer {
  const head = Buffer.allocUnsafe(room + (length === 0 ? 0 : 1 + varintSize(length)));
  if (length > 0) {
    head[room] = payloadTag;
    writeVarint(head, room + 1, length);
  }
  return head;
}

/** Reads what {@link payloadHead} wrote; undefined for a frame that begins otherwise. */
export function readPayloadHead(
  bytes: Uint8Array,
): { readonly bytes: number; readonly payloadBytes: number } | undefined {
  if (bytes[0] !== payloadTag) return undefined;
  const cursor = { bytes, at: 1 };
  const payloadBytes = readVarint(cursor);
  return { bytes: cursor.at, payloadBytes };
}

/** `RouterService` with the fast codec; what a server registers. */
export const RouterServiceService = {
  stream: {
    ...GeneratedService.stream,
    requestSerialize: (frame: Frame) => encodeFrame(frame),
    requestDeserialize: decodeFrame as (bytes: Buffer) => Frame,
    responseSerialize: (frame: Frame) => encodeFrame(frame),
    responseDeserialize: decodeFrame as (bytes: Buffer) => Frame,
  },
} as const;

export interface RouterServiceClient extends Client {
  stream(metadata?: Metadata, options?: Partial<CallOptions>): ClientDuplexStream<Frame, Frame>;
  stream(options?: Partial<CallOptions>): ClientDuplexStream<Frame, Frame>;
}

/** `RouterService` with the fast codec; what a client calls. */
export const RouterServiceClient = makeGenericClientConstructor(
  RouterServiceService,
  "jumpstarter.v1.RouterService",
  // grpc-js types what it makes as a bag of methods; the definition above says which ones there are.
) as unknown as new (
  address: string,
  credentials: ChannelCredentials,
  options?: Partial<ClientOptions>,
) => RouterServiceClient;

export { FrameType };

const payloadTag = (1 << 3) | 2;
const frameTypeTag = 2 << 3;
const empty = new Uint8Array(0);

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}

function writeVarint(out: Uint8Array, from: number, value: number): number {
  let at = from;
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) | 128;
  out[at++] = rest;
  return at;
}

/** Protobuf writes a negative enum number as ten bytes, its sign extended to 64 bits. */
function int32Size(value: number): number {
  return value < 0 ? 10 : varintSize(value);
}

function writeInt32(out: Uint8Array, from: number, value: number): void {
  if (value >= 0) {
    writeVarint(out, from, value);
    return;
  }
  const low = value >>> 0;
  for (let index = 0; index < 4; index++) out[from + index] = ((low >>> (7 * index)) & 127) | 128;
  out[from + 4] = (low >>> 28) | 0xf0;
  out.fill(0xff, from + 5, from + 9);
  out[from + 9] = 1;
}

/** Exact up to 35 bits; above, only too large for any length and right in its low 32 bits, as an enum needs. */
function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw malformed("it ends inside a number");
    if (index < 5) value += (byte & 127) * 2 ** (7 * index);
    else if ((byte & 127) !== 0) value = (value % 2 ** 35) + 2 ** 40;
    if (byte < 128) return value;
  }
  throw malformed("it holds a number of more than ten bytes");
}

function advance(cursor: Cursor, length: number): number {
  const end = cursor.at + length;
  if (length < 0 || end > cursor.bytes.length) throw malformed("it ends inside a field");
  cursor.at = end;
  return end;
}

function skipField(cursor: Cursor, tag: number): void {
  if (tag >>> 3 === 0) throw malformed("it holds field number 0");
  switch (tag & 7) {
    case 0:
      readVarint(cursor);
      return;
    case 1:
      advance(cursor, 8);
      return;
    case 2:
      advance(cursor, readVarint(cursor));
      return;
    case 5:
      advance(cursor, 4);
      return;
    default:
      throw malformed(`it holds a field of wire type ${tag & 7}`);
  }
}

function malformed(what: string): JumpstarterError {
  return new JumpstarterError(`a stream frame cannot be read: ${what}`, {
    code: "invalid-argument",
    reason: "FRAME_MALFORMED",
  });
}
