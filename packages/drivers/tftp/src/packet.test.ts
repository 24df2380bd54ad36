import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decodePacket, encodePacket, type Packet } from "./packet.ts";

const word = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .filter((text) => text.isWellFormed() && !text.includes("\0"));
const number = fc.nat(0xffff);
const options = fc
  .uniqueArray(fc.tuple(word, word), { maxLength: 5, selector: ([name]) => name.toLowerCase() })
  .map((entries) => new Map(entries.map(([name, value]) => [name.toLowerCase(), value])))
  .filter((map) => map.size > 0);
const mode = fc.constantFrom("octet", "netascii", "mail");
const packets: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({ kind: fc.constantFrom("read" as const, "write" as const), name: word, mode, options }),
  fc.record({ kind: fc.constant("options" as const), options }),
  fc.record({
    kind: fc.constant("data" as const),
    block: number,
    data: fc.uint8Array({ maxLength: 600 }).map((data) => Buffer.from(data)),
  }),
  fc.record({ kind: fc.constant("acknowledgement" as const), block: number }),
  fc.record({ kind: fc.constant("error" as const), code: number, message: word }),
);

describe("TFTP packets", () => {
  it("come out of their bytes as they went in", () => {
    fc.assert(
      fc.property(packets, (packet) => {
        expect(decodePacket(encodePacket(packet))).toEqual(packet);
      }),
    );
  });

  it("are found in any bytes or not at all, without an error", () => {
    const start = fc.constantFrom([], [0], [0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [0, 6], [0, 7]);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 60 }), (first, rest) => {
        const bytes = Buffer.from([...first, ...rest]);
        const packet = decodePacket(bytes);
        const again = packet && decodePacket(encodePacket(packet));
        expect(again?.kind).toEqual(packet?.kind);
      }),
    );
  });

  it.each([
    ["a request without its last zero", [0, 1, 0x61, 0, 0x6f]],
    ["a request without a mode", [0, 1, 0x61, 0]],
    ["an option without a value", [0, 1, 0x61, 0, 0x6f, 0, 0x62, 0]],
    ["an unknown kind", [0, 9, 0, 0]],
    ["a packet that is too short", [0, 4, 0]],
  ])("are not %s", (_what, bytes) => {
    expect(decodePacket(Buffer.from(bytes))).toBeUndefined();
  });

  it("count the first of two options of one name, in any case", () => {
    const packet = decodePacket(Buffer.from("\0\x01a\0OCTET\0blksize\x00512\0BlkSize\x001024\0"));
    expect(packet).toMatchObject({ mode: "octet", options: new Map([["blksize", "512"]]) });
  });
});
