import type { Logger } from "@jumpstarter-ts/core";

import type { Qmp } from "./qmp.ts";

/** QEMU stops a guest whose disk does not fit on the exporter's any more, and the guest cannot say so. */
export function logStandstill(
  qmp: Qmp,
  { log, directory }: { readonly log: Logger; readonly directory: string },
): void {
  let isTold = false;
  qmp.listen(({ event, data }) => {
    if (event === "RESUME") isTold = false;
    // Each request that fails has one.
    if (event !== "BLOCK_IO_ERROR" || data["action"] !== "stop" || isTold) return;
    isTold = true;
    const done = data["operation"] === "read" ? "read" : "written";
    log.error(
      `the machine stands still: its disk ${String(data["node-name"])} could not be ${done}: ${String(data["reason"])}; make room in ${directory} on the exporter's machine, then send cont by qmp, or switch it off and on`,
    );
  });
}
