import { JumpstarterError } from "@jumpstarter-ts/core";

import { readBlocks, writeHex } from "./intel-hex.ts";

/** Flash of the ATmega328P. */
export const flashBytes = 32_768;

const howToConvert = "convert it with avr-objcopy -O ihex";

/**
 * Program memory from a firmware file in Intel HEX, as long as its last byte; gaps are erased (0xff). `name` names the
 * file in an error; `largestBytes` is for another chip. Throws `invalid-argument` with FIRMWARE_NOT_HEX, _DAMAGED,
 * _TOO_LARGE or _EMPTY.
 */
export function parseFirmware(file: Uint8Array, name: string, largestBytes: number = flashBytes): Uint8Array {
  const text = readText(file, name);
  checkRecords(text, name);
  let blocks: ReadonlyMap<number, Uint8Array>;
  try {
    blocks = readBlocks(text);
  } catch (cause) {
    throw failure("FIRMWARE_DAMAGED", `${name} is damaged Intel HEX: ${String(cause).replace(/^Error: /, "")}`, cause);
  }
  const end = Math.max(0, ...[...blocks].map(([address, block]) => address + block.length));
  if (end === 0) throw failure("FIRMWARE_EMPTY", `${name} is Intel HEX without any data: build the firmware again`);
  if (end > largestBytes) {
    const chip = largestBytes === flashBytes ? "of flash of an ATmega328P" : "that are allowed here";
    throw failure(
      "FIRMWARE_TOO_LARGE",
      `${name} reaches to address 0x${(end - 1).toString(16)}, past the ${largestBytes} bytes ${chip}: ` +
        "build it smaller, and for this chip",
    );
  }
  const image = new Uint8Array(end).fill(0xff);
  for (const [address, block] of blocks) image.set(block, address);
  return image;
}

/** The contents of the flash as Intel HEX. */
export function formatFirmware(image: Uint8Array): string {
  return writeHex(image);
}

function readText(file: Uint8Array, name: string): string {
  if (file.length === 0) throw failure("FIRMWARE_EMPTY", `${name} is empty: build the firmware again`);
  const isElf = file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46;
  if (isElf) throw failure("FIRMWARE_NOT_HEX", `${name} is an ELF program, not Intel HEX: ${howToConvert}`);
  const isText = file.every((byte) => byte < 0x7f && (byte >= 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09));
  if (!isText) {
    throw failure("FIRMWARE_NOT_HEX", `${name} is raw binary, not Intel HEX: ${howToConvert} -I binary`);
  }
  // The library takes no blank lines and no blanks at a line's end.
  const lines = Buffer.from(file)
    .toString("latin1")
    .split(/\r\n|\r|\n/);
  return lines
    .map((line) => line.trimEnd())
    .join("\n")
    .trimEnd();
}

/** Names the first line that is no sound record; the library would only count records. */
function checkRecords(text: string, name: string): void {
  const lines = text.split("\n");
  let isEnded = false;
  for (const [index, line] of lines.entries()) {
    const where = `line ${index + 1} of ${name}`;
    const shown = JSON.stringify(line.length > 40 ? `${line.slice(0, 40)}…` : line);
    if (isEnded) throw failure("FIRMWARE_DAMAGED", `${where} (${shown}) comes after the end-of-file record`);
    if (!line.startsWith(":")) {
      throw failure("FIRMWARE_NOT_HEX", `${where} is not Intel HEX: it should start with ":", and is ${shown}`);
    }
    const digits = line.slice(1);
    if (!/^(?:[\da-f]{2})+$/i.test(digits)) {
      throw failure("FIRMWARE_DAMAGED", `${where} is not pairs of hexadecimal digits: ${shown}`);
    }
    const record = Buffer.from(digits, "hex");
    if (record.length !== (record[0] ?? 0) + 5) {
      const seen = Math.max(0, record.length - 5);
      throw failure("FIRMWARE_DAMAGED", `${where} is cut: it promises ${record[0]} bytes of data and has ${seen}`);
    }
    const sum = record.reduce((total, byte) => total + byte, 0) & 0xff;
    if (sum !== 0) {
      const found = record.at(-1) ?? 0;
      throw failure(
        "FIRMWARE_DAMAGED",
        `${where} has the checksum ${hexByte(found)}, and its bytes give ${hexByte((found - sum) & 0xff)}: ` +
          "the file was changed or cut, copy or build it again",
      );
    }
    isEnded = record[3] === 1;
  }
  if (!isEnded) throw failure("FIRMWARE_DAMAGED", `${name} has no end-of-file record: it was cut, copy it again`);
}

function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

function failure(reason: string, message: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(message, { code: "invalid-argument", reason, cause });
}
