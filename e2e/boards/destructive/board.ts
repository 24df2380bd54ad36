import { appendFileSync } from "node:fs";

import { qemu } from "@jumpstarter-ts/driver-qemu";
import { defineStates, dutTest, withStates, type ClientsOf } from "@jumpstarter-ts/vitest";

const needs = { board: qemu };

export const states = defineStates<ClientsOf<typeof needs>>()({
  off: { enter: ({ board }) => board.power.off() },
  shell: {
    from: "off",
    timeout: "90s",
    enter: async ({ board }) => {
      appendFileSync(process.env["BOARD_FIGURES"] ?? "/dev/null", "boot\n");
      await board.power.on();
      return await board.console.shell({ login: { user: "root" } });
    },
    attach: ({ board }) => board.console.shell({ nudgeAfter: 0, timeout: "10s" }),
    // A board without snapshots is switched off and booted instead.
    snapshot: ({ board }) => board,
  },
});

export const test = withStates(dutTest(needs), states);
