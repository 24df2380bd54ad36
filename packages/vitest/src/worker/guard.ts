import { rmSync } from "node:fs";
import { dirname } from "node:path";

import { linkToBroker, type BrokerAddress } from "./broker-link.ts";
import { keepInProcess } from "./state.ts";

/**
 * A worker must not outlive the main process: it would go on driving its device. And a Ctrl+C goes to all processes of
 * the terminal at once; it is the main process that ends the workers, after their tests. It knows them by their links,
 * and kills the one that does not end.
 */
export function endWithMainProcess(broker: BrokerAddress): void {
  keepInProcess("guard", () => {
    const parent = process.ppid;
    // process.exit throws inside Vitest's workers.
    process.on("disconnect", () => {
      // What a main process that was killed could not remove itself.
      if (isGone(parent)) rmSync(dirname(broker.socket), { recursive: true, force: true });
      process.kill(process.pid, "SIGKILL");
    });
    process.on("SIGINT", () => undefined);
    process.on("SIGHUP", () => undefined);
    return true;
  });
  linkToBroker(broker);
}

/** Whether this process has another parent by now. The end of the old one comes a little after that of its channel. */
function isGone(parent: number): boolean {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 50 && process.ppid === parent; tries++) Atomics.wait(pause, 0, 0, 1);
  return process.ppid !== parent;
}
