/** TFTP on the wire: RFC 1350, options by RFC 2347. */
export type Packet =
  | { readonly kind: "read" | "write"; readonly name: string; readonly mode: string; readonly options: Options }
  | { readonly kind: "data"; readonly block: number; readonly data: Uint8Array }
  | { readonly kind: "acknowledgement"; readonly block: number }
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  | { readonly kind: "options"; readonly options: Options };

/** By their names in lower case, in the order of the packet. */
export type Options = ReadonlyMap<string, string>;

/** The codes of RFC 1350 and RFC 2347 that a server sends. */
export const errorCode = {
  other: 0,
  notFound: 1,
  refused: 2,
  full: 3,
  illegal: 4,
  unknownTransfer: 5,
  optionsRefused: 8,
} as const;

const opcodes = { read: 1, write: 2, data: 3, acknowledgement: 4, error: 5, options: 6 } as const;

export function encodePacket(packet: Packet): Buffer {
  switch (packet.kind) {
    case "read":
    case "write":
      return encodeWords(opcodes[packet.kind], [packet.name, packet.mode, ...[...packet.options].flat()]);
    case "options":
      return encodeWords(opcodes.options, [...packet.options].flat());
    case "data":
      return Buffer.concat([encodeHead(opcodes.data, packet.block), packet.data]);
    case "acknowledgement":
      return encodeHead(opcodes.acknowledgement, packet.block);
    case "error":
      return Buffer.concat([encodeHead(opcodes.error, packet.code), Buffer.from(`${packet.message}\0`)]);
  }
  return packet satisfies never;
}

/** The four bytes in front of a block's data, which follow it unjoined to save the copy. */
export function dataHead(block: number): Buffer {
  return encodeHead(opcodes.data, block & 0xffff);
}

function encodeHead(opcode: number, number: number): Buffer {
  const head = Buffer.allocUnsafe(4);
  head[0] = 0;
  head[1] = opcode;
  head[2] = number >>> 8;
  head[3] = number;
  return head;
}

function encodeWords(opcode: number, words: readonly string[]): Buffer {
  return Buffer.from(`\0${String.fromCharCode(opcode)}${words.map((word) => `${word}\0`).join("")}`);
}

/** Undefined for what is no TFTP packet. */
export function decodePacket(bytes: Buffer): Packet | undefined {
  if (bytes.length < 4 || bytes[0] !== 0) return undefined;
  const opcode: number | undefined = bytes[1];
  switch (opcode) {
    case undefined:
      return undefined;
    case opcodes.read:
      return decodeRequest("read", bytes);
    case opcodes.write:
      return decodeRequest("write", bytes);
    case opcodes.data:
      return { kind: "data", block: bytes.readUInt16BE(2), data: bytes.subarray(4) };
    case opcodes.acknowledgement:
      return { kind: "acknowledgement", block: bytes.readUInt16BE(2) };
    case opcodes.error: {
      // Some clients leave the zero at the end out.
      const [message = ""] = bytes.toString("utf8", 4).split("\0");
      return { kind: "error", code: bytes.readUInt16BE(2), message };
    }
    case opcodes.options: {
      const options = decodeOptions(decodeWords(bytes));
      return options && { kind: "options", options };
    }
    default:
      return undefined;
  }
}

function decodeRequest(kind: "read" | "write", bytes: Buffer): Packet | undefined {
  const [name, mode, ...words] = decodeWords(bytes) ?? [];
  if (name === undefined || mode === undefined) return undefined;
  const options = decodeOptions(words);
  return options && { kind, name, mode: mode.toLowerCase(), options };
}

/** Undefined unless every word ends with its zero. */
function decodeWords(bytes: Buffer): readonly string[] | undefined {
  if (bytes.at(-1) !== 0) return undefined;
  return bytes.toString("utf8", 2, bytes.length - 1).split("\0");
}

/** The first of several options of one name counts. Undefined if one has no value. */
function decodeOptions(words: readonly string[] | undefined): Options | undefined {
  if (words === undefined || words.length % 2 === 1) return undefined;
  const options = new Map<string, string>();
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index]?.toLowerCase() ?? "";
    if (!options.has(name)) options.set(name, words[index + 1] ?? "");
  }
  return options;
}
