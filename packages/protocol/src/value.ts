import { JumpstarterError } from "@jumpstarter-ts/core";

import { NullValue, type Value } from "./gen/google/protobuf/struct.ts";

export interface EncodeValueOptions {
  /** What to call the value in an error: `args[1]`. Default `value`. */
  readonly path?: string;
  /** Most bytes the value may take, roughly counted. Default 4 MiB less a little: what every peer accepts. */
  readonly maxBytes?: number;
}

/**
 * Most levels of lists and objects. An object costs three of the hundred levels that protobuf decoders allow, and the
 * message around it one more.
 */
export const maxValueDepth = 32;

const maxValueBytes = 4 * 1024 ** 2 - 64 * 1024;

/**
 * Turns a JavaScript value into what a driver call carries, as pydantic's JSON mode does on the Python side: numbers are
 * doubles, `NaN`, the infinities and `undefined` (also as a member) become null, bytes become the text that they
 * are in UTF-8, a `Date` its ISO form, a `Set` a list, the keys of a `Map` their string form. What has no such form is
 * `invalid-argument`, and the error names the place.
 */
export function encodeValue(value: unknown, options: EncodeValueOptions = {}): Value {
  const { path = "value", maxBytes = maxValueBytes } = options;
  return encode(value, { path, parents: new Set(), budget: { left: maxBytes, maxBytes } });
}

/** Turns what a driver call carried into plain JSON values. An unset value is null, as null itself. */
export function decodeValue(value: Value | undefined): unknown {
  const kind = value?.kind;
  if (kind === undefined) return null;
  switch (kind.$case) {
    case "nullValue":
      return null;
    case "numberValue":
    case "stringValue":
    case "boolValue":
      return kind.value;
    case "listValue":
      return kind.value.values.map(decodeValue);
    case "structValue":
      return decodeStruct(kind.value.fields);
    default:
      return kind satisfies never;
  }
}

function decodeStruct(fields: ReadonlyMap<string, Value>): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, value] of fields) {
    const decoded = decodeValue(value);
    if (key === "__proto__") {
      // Assignment would change the prototype instead of adding a member.
      Object.defineProperty(object, key, { value: decoded, enumerable: true, configurable: true, writable: true });
    } else {
      object[key] = decoded;
    }
  }
  return object;
}

interface Place {
  readonly path: string;
  /** The lists and objects around this place. */
  readonly parents: Set<object>;
  readonly budget: { left: number; readonly maxBytes: number };
}

function encode(value: unknown, place: Place): Value {
  switch (typeof value) {
    case "undefined":
      return nullValue(place);
    case "boolean":
      spend(place, 8);
      return { kind: { $case: "boolValue", value } };
    case "number":
      if (!Number.isFinite(value)) return nullValue(place);
      spend(place, 16);
      return { kind: { $case: "numberValue", value } };
    case "bigint":
      return encodeBigInt(value, place);
    case "string":
      return encodeString(value, place);
    case "object":
      return value === null ? nullValue(place) : encodeObject(value, place);
    case "function":
    case "symbol":
    default:
      throw refused(place, `is a ${typeof value}, which cannot be sent`);
  }
}

function nullValue(place: Place): Value {
  spend(place, 8);
  return { kind: { $case: "nullValue", value: NullValue.NULL_VALUE } };
}

function encodeBigInt(value: bigint, place: Place): Value {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw refused(place, `is ${value}, which a double cannot hold exactly; send it as text`);
  }
  return encode(number, place);
}

function encodeString(value: string, place: Place): Value {
  if (!value.isWellFormed()) throw refused(place, "holds half of a surrogate pair, which is not valid UTF-8");
  spend(place, 16 + Buffer.byteLength(value));
  return { kind: { $case: "stringValue", value } };
}

function encodeObject(value: object, place: Place): Value {
  if (value instanceof Uint8Array) return encodeString(textOf(value, place), place);
  if (value instanceof Date) return encodeString(isoOf(value, place), place);
  if (value instanceof URL) return encodeString(value.href, place);
  if (place.parents.has(value)) throw refused(place, "contains itself");
  if (place.parents.size >= maxValueDepth) {
    throw refused(place, `is nested more than ${maxValueDepth} levels deep`, { reason: "VALUE_TOO_DEEP" });
  }
  spend(place, 16);
  place.parents.add(value);
  const encoded = encodeContainer(value, place);
  place.parents.delete(value);
  return encoded;
}

function encodeContainer(value: object, place: Place): Value {
  if (Array.isArray(value)) return encodeList(value, place);
  if (value instanceof Set) return encodeList([...value], place);
  if (value instanceof Map) return encodeMembers(value, place);
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm has a prototype whose own prototype is null.
  if (prototype === null || (typeof prototype === "object" && Object.getPrototypeOf(prototype) === null)) {
    return encodeMembers(Object.entries(value), place);
  }
  throw refused(place, `is a ${value.constructor.name}, which has no form on the wire; send a plain object or text`);
}

function encodeList(items: readonly unknown[], place: Place): Value {
  // Array.from visits holes too: they are undefined, and so null.
  const values = Array.from(items, (item, index) => encode(item, { ...place, path: `${place.path}[${index}]` }));
  return { kind: { $case: "listValue", value: { values } } };
}

function encodeMembers(members: Iterable<readonly [unknown, unknown]>, place: Place): Value {
  const fields = new Map<string, Value>();
  for (const [key, member] of members) {
    const name = keyOf(key, place);
    spend(place, 16 + Buffer.byteLength(name));
    fields.set(name, encode(member, { ...place, path: memberPath(place.path, name) }));
  }
  return { kind: { $case: "structValue", value: { fields } } };
}

function keyOf(key: unknown, place: Place): string {
  if (typeof key === "number" || typeof key === "bigint" || typeof key === "boolean") return String(key);
  if (typeof key !== "string") throw refused(place, `has a key that is a ${typeof key}; keys are text`);
  if (!key.isWellFormed()) throw refused(place, "has a key with half of a surrogate pair, which is not valid UTF-8");
  return key;
}

function memberPath(path: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

function textOf(bytes: Uint8Array, place: Place): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refused(place, "holds bytes that are not valid UTF-8; send binary data as a resource or a stream", {
      cause,
    });
  }
}

function isoOf(date: Date, place: Place): string {
  if (Number.isNaN(date.getTime())) throw refused(place, "is an invalid Date");
  // Python's form: six digits of a second, or none.
  return date.toISOString().replace(/\.(\d{3})Z$/, (_all, ms: string) => (ms === "000" ? "Z" : `.${ms}000Z`));
}

function spend({ path, budget }: Place, bytes: number): void {
  budget.left -= bytes;
  if (budget.left >= 0) return;
  throw new JumpstarterError(
    `${path} makes the value larger than the ${budget.maxBytes} bytes that peers accept; send it as a resource`,
    { code: "invalid-argument", reason: "VALUE_TOO_LARGE" },
  );
}

function refused(
  { path }: Place,
  what: string,
  { reason = "VALUE_NOT_SENDABLE", cause }: Refusal = {},
): JumpstarterError {
  return new JumpstarterError(`${path} ${what}`, { code: "invalid-argument", reason, cause });
}

interface Refusal {
  readonly reason?: string;
  readonly cause?: unknown;
}
