import { JumpstarterError } from "@jumpstarter-ts/core";

import { decodeFrame, type Frame, readPayloadHead } from "./frames.ts";

/** Takes the bytes of an HTTP/2 stream as they come, and gives the frames that gRPC's messages in them are. */
export interface FrameReader {
  push(chunk: Uint8Array): void;
  /** True between two messages. */
  isAtEdge(): boolean;
}

/** The flag and the length before every message. */
export const prefixBytes = 5;

/**
 * Nothing is copied: payloads are views of the chunks. So a payload that arrives in several chunks is given in as many
 * frames, all but the last of them marked as partial. Throws `invalid-argument` (`FRAME_MALFORMED`).
 */
export function createFrameReader(onFrame: (frame: Frame) => void, maxMessageBytes: number): FrameReader {
  /** The beginning of a message that cannot be read yet, and how long it has to be for that. */
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let wantedBytes = 0;
  let payloadLeft = 0;

  /** Answers how many bytes were taken; none where more are needed. */
  function take(bytes: Uint8Array): number {
    if (payloadLeft > 0) {
      const taken = Math.min(payloadLeft, bytes.length);
      payloadLeft -= taken;
      onFrame({ payload: bytes.subarray(0, taken), frameType: 0, isPartial: payloadLeft > 0 });
      return taken;
    }
    if (bytes.length < prefixBytes) return hold(bytes, prefixBytes);
    const length = messageLength(bytes, maxMessageBytes);
    const message = bytes.subarray(prefixBytes, prefixBytes + length);
    if (message.length === length) {
      onFrame(decodeFrame(message));
      return prefixBytes + length;
    }
    if (message.length < Math.min(length, longestHead)) {
      return hold(bytes, prefixBytes + Math.min(length, longestHead));
    }
    const head = readPayloadHead(message);
    if (head === undefined || head.bytes + head.payloadBytes !== length) return hold(bytes, prefixBytes + length);
    payloadLeft = head.payloadBytes;
    return prefixBytes + head.bytes;
  }

  function hold(bytes: Uint8Array, wanted: number): 0 {
    held = [bytes];
    heldBytes = bytes.length;
    wantedBytes = wanted;
    return 0;
  }

  return {
    push(chunk) {
      let rest = chunk;
      if (heldBytes > 0) {
        held.push(chunk);
        heldBytes += chunk.length;
        if (heldBytes < wantedBytes) return;
        rest = Buffer.concat(held);
        held = [];
        heldBytes = 0;
      }
      while (rest.length > 0) {
        const taken = take(rest);
        if (taken === 0) return;
        rest = rest.subarray(taken);
      }
    },
    isAtEdge: () => payloadLeft === 0 && heldBytes === 0,
  };
}

/** A field's tag and its length. */
const longestHead = 6;

function messageLength(bytes: Uint8Array, maxMessageBytes: number): number {
  const [flag = 0, a = 0, b = 0, c = 0, d = 0] = bytes;
  if (flag !== 0) throw malformed("it is compressed, which nobody agreed on");
  const length = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  if (length > maxMessageBytes) throw malformed(`it has ${length} bytes, more than the ${maxMessageBytes} allowed`);
  return length;
}

function malformed(what: string): JumpstarterError {
  return new JumpstarterError(`a stream frame cannot be read: ${what}`, {
    code: "invalid-argument",
    reason: "FRAME_MALFORMED",
  });
}
