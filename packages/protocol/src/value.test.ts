import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decodeValue, DriverCallRequest, encodeValue, maxValueDepth, Value } from "./index.ts";

interface Vectors {
  readonly sent: readonly {
    readonly name: string;
    readonly given: unknown;
    readonly wire: string;
    readonly read: unknown;
  }[];
  readonly refused: readonly { readonly name: string; readonly given: unknown }[];
  readonly received: readonly { readonly name: string; readonly wire: string; readonly read: unknown }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../fixtures/wire/values.json", import.meta.url), "utf8"),
) as Vectors; // written by make-values.py beside it

describe("encodeValue, against what Jumpstarter 0.9 sends", () => {
  it.each(vectors.sent)("sends $name as Python does", ({ given, wire, read }) => {
    const value = encodeValue(revive(given));

    // Bytes may differ in the order of an object's members, so they are compared by what they say.
    expect(value).toEqual(Value.decode(Buffer.from(wire, "hex")));
    expect(decodeValue(Value.decode(Value.encode(value).finish()))).toEqual(read);
  });

  it.each(vectors.refused)("refuses $name", ({ given }) => {
    expect(() => encodeValue(revive(given))).toThrow(
      expect.objectContaining({ code: "invalid-argument", reason: "VALUE_NOT_SENDABLE" }),
    );
  });
});

describe("decodeValue, against what Jumpstarter 0.9 reads", () => {
  it.each([...vectors.sent, ...vectors.received])("reads $name as Python does", ({ wire, read }) => {
    expect(decodeValue(Value.decode(Buffer.from(wire, "hex")))).toEqual(read);
  });

  it("reads an absent value as null", () => {
    expect(decodeValue(undefined)).toBeNull();
  });

  it("keeps a member called __proto__ a member", () => {
    const decoded = decodeValue(encodeValue(new Map([["__proto__", { polluted: true }]])));

    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(Object.entries(Object(decoded))).toEqual([["__proto__", { polluted: true }]]);
  });
});

describe("encodeValue", () => {
  it("gives back any JSON value that went through it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const bytes = Value.encode(encodeValue(value)).finish();

        expect(decodeValue(Value.decode(bytes))).toEqual(value);
      }),
    );
  });

  it("gives back any double, except those that are not finite, which become null", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const bytes = Value.encode(encodeValue(value)).finish();

        expect(decodeValue(Value.decode(bytes))).toBe(Number.isFinite(value) ? value : null);
      }),
    );
  });

  it("sends undefined as null, also as a member, so that nobody's place moves", () => {
    // oxlint-disable-next-line no-sparse-arrays
    const value = encodeValue([undefined, { a: undefined }, , 1]);

    expect(decodeValue(value)).toEqual([null, { a: null }, null, 1]);
  });

  it("sends a bigint that a double can hold, and refuses one that it cannot", () => {
    expect(decodeValue(encodeValue(2n ** 53n - 1n))).toBe(2 ** 53 - 1);
    expect(() => encodeValue([2n ** 53n])).toThrow("value[0] is 9007199254740992, which a double cannot hold exactly");
  });

  it("sends a URL as its text", () => {
    expect(decodeValue(encodeValue(new URL("http://dut/fw.bin")))).toBe("http://dut/fw.bin");
  });

  it.each([
    ["a function", { speed: () => 1 }, "args[1].speed is a function, which cannot be sent"],
    ["a symbol", { a: { "b-c": [Symbol("x")] } }, 'args[1].a["b-c"][0] is a symbol, which cannot be sent'],
    ["an instance of a class", [new WeakMap()], "args[1][0] is a WeakMap, which has no form on the wire"],
    ["a promise", Promise.resolve(1), "args[1] is a Promise, which has no form on the wire"],
    ["an invalid date", new Date(Number.NaN), "args[1] is an invalid Date"],
    ["half a surrogate pair", "\ud800", "args[1] holds half of a surrogate pair"],
    ["a key that is an object", new Map([[{}, 1]]), "args[1] has a key that is a object"],
  ])("refuses %s, and says where it is", (_name, value, message) => {
    expect(() => encodeValue(value, { path: "args[1]" })).toThrow(
      expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining(message) }),
    );
  });

  it("refuses a value that contains itself, but not one that contains another twice", () => {
    const twice = { a: 1 };
    const loop: Record<string, unknown> = { twice: [twice, twice] };
    expect(decodeValue(encodeValue(loop))).toEqual({ twice: [{ a: 1 }, { a: 1 }] });

    loop["self"] = [loop];

    expect(() => encodeValue(loop)).toThrow("value.self[0] contains itself");
  });

  it("sends as many levels as a peer can read, and refuses one more", () => {
    const deepest = nestedObjects(maxValueDepth);
    const bytes = DriverCallRequest.encode({ uuid: "u", method: "m", args: [encodeValue(deepest)] }).finish();

    expect(DriverCallRequest.decode(bytes).args.map(decodeValue)).toEqual([deepest]);
    expect(() => encodeValue({ a: deepest })).toThrow(expect.objectContaining({ reason: "VALUE_TOO_DEEP" }));
  });

  it("refuses a value that is too large for a message", () => {
    expect(() => encodeValue(["x".repeat(2 * 1024 ** 2), "x".repeat(2 * 1024 ** 2)])).toThrow(
      expect.objectContaining({ code: "invalid-argument", reason: "VALUE_TOO_LARGE" }),
    );
    expect(() => encodeValue("12345", { maxBytes: 10 })).toThrow("larger than the 10 bytes");
  });

  it("never makes a message that is larger than its limit", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(400), (value, maxBytes) => {
        let bytes = 0;
        try {
          bytes = Value.encode(encodeValue(value, { maxBytes })).finish().length;
        } catch {
          // Refused, which is the point.
        }

        expect(bytes).toBeLessThanOrEqual(maxBytes);
      }),
    );
  });
});

function nestedObjects(levels: number): unknown {
  let value: unknown = null;
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}

/** The other direction of given() in make-values.py. */
function revive(given: unknown): unknown {
  if (Array.isArray(given)) return given.map(revive);
  if (typeof given !== "object" || given === null) return given;
  const [[tag, content] = []] = Object.entries(given);
  switch (tag) {
    case "$bytes":
      return Buffer.from(String(content), "hex");
    case "$date":
      return new Date(String(content));
    case "$number":
      return { nan: Number.NaN, inf: Infinity, "-inf": -Infinity }[String(content)];
    case "$set":
      return new Set((content as unknown[]).map(revive)); // make-values.py writes a list here
    case "$map":
      return new Map((content as [unknown, unknown][]).map(([key, item]) => [revive(key), revive(item)])); // and pairs here
    case undefined:
    default:
      return Object.fromEntries(Object.entries(given).map(([key, item]) => [key, revive(item)]));
  }
}
