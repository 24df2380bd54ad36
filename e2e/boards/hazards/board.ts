import { appendFileSync } from "node:fs";

import { defineStates, dutTest, withStates, type Exporters } from "@jumpstarter-ts/vitest";

type Board = Exporters["u-boot"];

/** Where a hazard can strike: the machine is off, U-Boot is at its prompt, or the way there breaks in some manner. */
const states = defineStates<Board>()({
  off: { enter: ({ power }) => power.off() },
  prompt: {
    from: "off",
    timeout: "20s",
    async enter({ power, uboot }: Board) {
      await power.on();
      return uboot.console();
    },
    attach: ({ uboot }: Board) => uboot.console({ retries: 5 }),
    snapshot: ({ machine }: Board) => machine,
  },
  nowhere: {
    from: "off",
    timeout: "500ms",
    async enter({ power }: Board) {
      await power.on();
      await new Promise(() => undefined);
    },
  },
  broken: {
    from: "off",
    async enter({ power }: Board) {
      await power.on();
      throw new Error("the jumper is missing");
    },
  },
  gone: {
    from: "off",
    enter: ({ power }: Board) => power.on(),
    attach() {
      throw new Error("nobody answers");
    },
  },
});

export const test = withStates(dutTest("u-boot"), states);

/** For the suite that runs this project. */
export function note(line: string): void {
  appendFileSync(process.env["RAIL_FILE"] ?? "/dev/null", `${line}\n`);
}
