import { JumpstarterError } from "@jumpstarter-ts/core";

export type QmpMessage = Readonly<Record<string, unknown>>;

/** No answer of QEMU comes near it. */
const longestLineBytes = 16 * 1024 ** 2;

/** Cuts QMP's bytes into messages: JSON objects, each on a line of its own. What is left waits for the next bytes. */
export function createQmpReader(): { push(chunk: Uint8Array): QmpMessage[] } {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const hold = (piece: Uint8Array): void => {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes > longestLineBytes) throw invalid(`a line of more than ${longestLineBytes} bytes`);
  };
  return {
    push(chunk) {
      const messages: QmpMessage[] = [];
      let from = 0;
      for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
        hold(chunk.subarray(from, end));
        from = end + 1;
        const line = Buffer.concat(held).toString().trim();
        held = [];
        heldBytes = 0;
        if (line !== "") messages.push(parse(line));
      }
      if (from < chunk.length) hold(chunk.slice(from));
      return messages;
    },
  };
}

export function encodeQmp(message: QmpMessage): string {
  return `${JSON.stringify(message)}\n`;
}

function parse(line: string): QmpMessage {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw invalid(JSON.stringify(line.slice(0, 120)), cause);
  }
  // An object that is no array is a record of what it holds.
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as QmpMessage;
  throw invalid(JSON.stringify(line.slice(0, 120)));
}

function invalid(seen: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(`QEMU's control socket sent ${seen}, which is no message of QMP`, {
    code: "internal",
    reason: "QMP_INVALID",
    cause,
  });
}
