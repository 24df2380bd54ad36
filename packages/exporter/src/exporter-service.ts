import { once } from "node:events";

import { JumpstarterError } from "@jumpstarter-ts/core";
import { toStatus, type ExporterServiceService, type Handlers } from "@jumpstarter-ts/protocol";

import { driverCallHandlers } from "./driver-calls.ts";
import { reportDevices } from "./report.ts";
import type { ResourceTable } from "./resource-table.ts";
import type { Session } from "./session.ts";

export interface ExporterServiceOptions {
  readonly session: Session;
  readonly resources: ResourceTable;
  readonly name: string;
  /** What is told to a client that comes. */
  readonly motd: () => string;
  /** What to do when a client says that it is done; `undefined` where there is no lease to end. */
  readonly onEndSession: (() => void) | undefined;
  /** Is told when a client comes, which asks for the devices first. */
  readonly onReport?: () => void;
}

export function exporterHandlers(options: ExporterServiceOptions): Handlers<typeof ExporterServiceService> {
  const { session, resources, name, motd, onEndSession, onReport } = options;
  return {
    ...driverCallHandlers(session, resources),
    getReport(_call, callback) {
      onReport?.();
      callback(null, {
        uuid: session.uuid,
        labels: new Map([["jumpstarter.dev/name", name]]),
        reports: session.root === undefined ? [] : reportDevices(session.root),
        alternativeEndpoints: [],
        motd: motd(),
      });
    },
    getStatus(_call, callback) {
      callback(null, session.status());
    },
    endSession(_call, callback) {
      onEndSession?.();
      const message = onEndSession === undefined ? "No active lease context" : "Session end was asked for";
      callback(null, { success: onEndSession !== undefined, message });
    },
    logStream(call) {
      const controller = new AbortController();
      call.on("cancelled", () => controller.abort());
      sendLogs(session, call, controller.signal).then(
        () => call.end(),
        (error: unknown) => call.emit("error", toStatus(error)),
      );
    },
    reset(_call, callback) {
      const sentence = "this exporter has no reset: open a new session instead";
      callback(toStatus(new JumpstarterError(sentence, { code: "unsupported", reason: "RESET_UNSUPPORTED" })));
    },
  };
}

type LogCall = Parameters<Handlers<typeof ExporterServiceService>["logStream"]>[0];

async function sendLogs({ logs }: Session, call: LogCall, signal: AbortSignal): Promise<void> {
  for (;;) {
    const record = await logs.take(signal);
    if (record === undefined) return;
    const { severity, message, source } = record;
    const isTaken = call.write({ uuid: "", severity, message, source, structuredFields: new Map() });
    if (!isTaken && !signal.aborted) await once(call, "drain", { signal });
  }
}
