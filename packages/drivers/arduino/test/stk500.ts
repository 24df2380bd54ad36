export interface Stk500Options {
  /** What pages are written to and read from. */
  readonly flash: Uint8Array;
  readonly send: (bytes: Uint8Array) => void;
  /** A bit of this byte of the flash cannot be written any more. */
  readonly wornAt?: number;
  /** By default those of an ATmega328P. */
  readonly signature?: readonly [number, number, number];
  /** Goes silent after so many bytes of pages. */
  readonly diesAfterBytes?: number;
  /** Told of each command, before it is answered. */
  readonly onCommand?: (command: number) => void;
}

export interface Stk500 {
  receive(chunk: Uint8Array): void;
  /** Bytes of pages so far. */
  readonly writtenBytes: number;
}

export const leaveProgrammingMode = 0x51;
const inSync = 0x14;
const ok = 0x10;
const endOfCommand = 0x20;

/** How many bytes follow a command; in those of a page the first two are the length of the data. */
const parameterBytes = new Map<number, number>([
  [0x30, 0], // Get sync
  [0x31, 0], // Get sign on
  [0x41, 1], // Get parameter
  [0x42, 20], // Set device
  [0x45, 5], // Set extended device parameters
  [0x50, 0], // Enter programming mode
  [leaveProgrammingMode, 0],
  [0x55, 2], // Load address, in words, low byte first
  [0x56, 4], // Universal
  [0x64, 3], // Program page
  [0x74, 3], // Read page
  [0x75, 0], // Read signature
]);

/** The boot loader's side of STK500 version 1 (Atmel's application note AVR061). */
export function createStk500(options: Stk500Options): Stk500 {
  const { flash, send, wornAt, signature = [0x1e, 0x95, 0x0f], diesAfterBytes = Infinity, onCommand } = options;
  let address = 0;
  let writtenBytes = 0;
  let input: Buffer = Buffer.alloc(0);

  const writePage = (data: Uint8Array): void => {
    flash.set(data, address);
    const isWorn = wornAt !== undefined && wornAt >= address && wornAt < address + data.length;
    if (isWorn) flash[wornAt] = (flash[wornAt] ?? 0) ^ 1;
    writtenBytes += data.length;
  };

  const answer = (command: number, parameters: Buffer, data: Buffer): readonly number[] => {
    if (command === 0x31) return [...Buffer.from("AVR ISP")];
    if (command === 0x41) return [4];
    if (command === 0x55) address = parameters.readUInt16LE() * 2;
    if (command === 0x56) return [0];
    if (command === 0x64) writePage(data);
    if (command === 0x74) return [...flash.subarray(address, address + parameters.readUInt16BE())];
    if (command === 0x75) return signature;
    return [];
  };

  /** Answers the first command if all of it is there. */
  const takeCommand = (): boolean => {
    const [command = 0] = input;
    const count = parameterBytes.get(command);
    if (count === undefined) {
      input = input.subarray(1); // As a boot loader: noise is skipped.
      return input.length > 0;
    }
    if (input.length < 1 + count) return false;
    const parameters = input.subarray(1, 1 + count);
    const dataBytes = command === 0x64 ? parameters.readUInt16BE() : 0;
    const length = 1 + count + dataBytes + 1;
    if (input.length < length) return false;
    const isWhole = input[length - 1] === endOfCommand;
    const data = input.subarray(1 + count, 1 + count + dataBytes);
    if (isWhole && writtenBytes < diesAfterBytes) {
      onCommand?.(command);
      send(Uint8Array.from([inSync, ...answer(command, parameters, data), ok]));
    }
    input = input.subarray(length);
    return input.length > 0;
  };

  return {
    receive(chunk) {
      input = Buffer.concat([input, chunk]);
      while (takeCommand());
    },
    get writtenBytes() {
      return writtenBytes;
    },
  };
}
