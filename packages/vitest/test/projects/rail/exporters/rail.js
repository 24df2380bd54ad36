// A power rail whose state is a file on disk: the board that the hazard suite looks at afterwards.
import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { createStreamPair, implement } from "@jumpstarter-ts/core";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { z } from "zod";

const note = (line) => appendFileSync(process.env.RAIL_FILE, `${line}\n`);
const options = z.strictObject({}).default({});

let tell = () => undefined;

export const rail = implement(power, options, async (_options, scope) => {
  note(`exporter ${process.pid}`);
  await pause(Number(process.env.RAIL_OPEN_MS ?? 0));
  let isOn = false;
  const turn = (on) => {
    isOn = on;
    note(on ? "on" : "off");
    if (on) tell("Rail 1.0\r\n> ");
  };
  scope.defer(() => {
    if (isOn) turn(false);
    note("closed");
  });
  return {
    // A relay takes its time, whoever has given up meanwhile.
    async on() {
      await pause(Number(process.env.RAIL_ON_MS ?? 0));
      turn(true);
    },
    off: () => turn(false),
    async *read() {
      yield { voltage: isOn ? 5 : 0, current: 0 };
    },
  };
});

/** Says a banner when the rail goes on, and echoes what it is sent. */
export const tty = implement(serial, options, () => ({
  connect() {
    note("console opened");
    const { near, far } = createStreamPair();
    tell = (text) => far.write(text);
    far.on("data", (chunk) => far.write(chunk));
    return near;
  },
}));
