import type { Device, UntypedClient } from "@jumpstarter-ts/client";
import { isJumpstarterError } from "@jumpstarter-ts/core";

import type { Io } from "../io.ts";
import { showValue } from "./show-value.ts";

/** Calls a method of a device that nobody knows more of: with one answer, or with many, one a line. */
export async function callMethod(device: Device, method: string, words: readonly string[], io: Io): Promise<void> {
  const client = untyped(device, io.signal);
  const args = words.map((word) => parseJson(word));
  let failure: unknown;
  try {
    showValue(io, await client.call(method, ...args));
    return;
  } catch (error) {
    // To an exporter, a method of the other kind is one that is not there.
    if (!isAbsent(error)) throw error;
    failure = error;
  }
  let seen = 0;
  try {
    for await (const item of client.stream(method, ...args)) {
      seen += 1;
      showValue(io, item);
    }
  } catch (error) {
    throw seen === 0 && isAbsent(error) ? failure : error;
  }
}

function isAbsent(error: unknown): boolean {
  return isJumpstarterError(error) && (error.code === "not-found" || error.code === "unsupported");
}

/** The device by its names on the wire, for calls that end with the signal. */
export function untyped({ client }: Device, signal: AbortSignal): UntypedClient {
  // Sessions of this package know no definitions, and then this is what the client is.
  return (client as UntypedClient).with({ signal });
}

/** Text that is no JSON is itself. */
function parseJson(word: string): unknown {
  try {
    return JSON.parse(word);
  } catch {
    return word;
  }
}
