import { allDevices, connect } from "@jumpstarter-ts/client";
import { createDriverRegistry } from "@jumpstarter-ts/config/driver-registry";
import type { Scope } from "@jumpstarter-ts/core";
import { inject } from "vitest";

import { withCallSites } from "./call-site.ts";
import { findDut, type Definitions } from "./find-dut.ts";
import type { DutLease } from "./lease.ts";
import { keepInProcess } from "./state.ts";

/** Connects to the lent device. What is made through the clients ends with the attempt. */
export async function openDut(lease: DutLease, definitions: Definitions | undefined, scope: Scope): Promise<object> {
  const { device, signal } = lease;
  const { root } = inject("jumpstarter");
  const registry = keepInProcess(`registry ${root}`, () => createDriverRegistry({ from: root }));
  const session = scope.use(await connect({ host: device.socket, registry, signal }));
  const view = session.view({ signal, consoleSince: "start" });
  // Opened now, what a console says has its own time, and not that at which somebody first waits for it.
  for (const { path, definition } of allDevices(view.root)) {
    if (definition?.console !== undefined) view.consoleRecorder(path, definition.console);
  }
  lease.recorders = () => session.consoleRecorders();
  return withCallSites(findDut(view.root, definitions, device.name), lease.noteFailure);
}
