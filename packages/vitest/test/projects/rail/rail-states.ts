import { defineStates, withStates } from "@jumpstarter-ts/vitest";
import type { Exporters } from "@jumpstarter-ts/vitest";

import { note, railTest } from "./rail-test.ts";

/** A rail that says a banner when it is on, as the states of a board. */
export const railStates = defineStates<Exporters["rail"]>()({
  off: { enter: ({ power }) => power.off() },
  banner: {
    from: "off",
    timeout: "5s",
    enter: async ({ power, console }) => {
      if (process.env["RAIL_BREAKS"] !== undefined) throw new Error("the transition is broken");
      await power.on();
      return await console.waitFor("Rail {version}");
    },
    // What it is sent it echoes, without a banner.
    attach: async ({ console }) => {
      note("attached");
      await console.sendLine("Rail again");
      return await console.waitFor("Rail {version}", { timeout: "1s" });
    },
  },
});

export const statesTest = withStates(railTest, railStates);
