import { createRecorder } from "@jumpstarter-ts/console";
import { describe, expect, it } from "vitest";

import { defineStates } from "./define-states.ts";
import { createStateMachine } from "./machine.ts";

describe("a transition whose time is over", () => {
  it("says what it was waiting for, and has ended before it is tried again", async () => {
    const recorder = createRecorder();
    let running = 0;
    const runningBefore: number[] = [];
    const states = defineStates<object>()({
      rescue: {
        timeout: "20ms",
        async enter(_device, { signal }) {
          runningBefore.push(running++);
          try {
            await recorder.console().waitFor("rescue# ", { signal });
          } finally {
            running--;
          }
        },
      },
    });
    const machine = createStateMachine({
      states,
      device: {},
      tracked: { state: undefined, canBeKept: true, snapshots: new Set() },
      signal: new AbortController().signal,
      note: () => undefined,
    });

    await expect(machine.at("rescue")).rejects.toMatchObject({
      reason: "STATE_NOT_REACHED",
      code: "deadline-exceeded",
      message: expect.stringMatching(
        /unknown → rescue: the transition to rescue did not finish within 20ms: console did not emit "rescue# " within/,
      ),
      wait: expect.objectContaining({ patterns: ['"rescue# "'] }),
    });
    expect(runningBefore).toEqual([0, 0]);
  });
});
