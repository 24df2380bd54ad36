import { isJumpstarterError } from "@jumpstarter-ts/core";

import { pause } from "./exporter-status.ts";
import type { LogRecord, Wire } from "./wire.ts";

const firstPauseMs = 100;
const longestPauseMs = 2_000;
const mostFailures = 10;

/**
 * What the exporter logs, from now on and the last 256 records before; until the signal is aborted, the exporter ends
 * the log or has none. A broken stream is opened again, up to ten times in a row. Two readers share the records.
 */
export async function* followLogs(wire: Wire, signal: AbortSignal): AsyncGenerator<LogRecord> {
  let failures = 0;
  for (;;) {
    try {
      for await (const record of wire.logs({ signal })) {
        failures = 0;
        yield record;
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      const code = isJumpstarterError(error) ? error.code : "internal";
      if (code === "cancelled" || code === "unsupported") return;
      failures += 1;
      if (failures >= mostFailures) throw error;
    }
    await pause(Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs), signal).catch(() => undefined);
    if (signal.aborted) return;
  }
}
