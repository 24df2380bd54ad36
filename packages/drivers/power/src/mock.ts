import { implement } from "@jumpstarter-ts/core";
import { z } from "zod";

import { power } from "./client.ts";

/** A rail that exists only in the log: for trying an exporter without hardware. Its two readings are upstream's. */
export const mockPower = implement(power, z.strictObject({}).default({}), (_options, scope) => {
  let isOn = false;
  const turn = (on: boolean): void => {
    isOn = on;
    scope.log.info(`power ${on ? "on" : "off"}`);
  };
  scope.defer(() => isOn && turn(false), { what: "power off" });
  return {
    on: () => turn(true),
    off: () => turn(false),
    async *read() {
      yield { voltage: 0, current: 0 };
      yield { voltage: 5, current: 2 };
    },
  };
});
