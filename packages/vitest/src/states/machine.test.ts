import { JumpstarterError } from "@jumpstarter-ts/core";
import { describe, expect, expectTypeOf, it } from "vitest";

import type { TrackedStates } from "../worker/lease.ts";
import { defineStates, type States } from "./define-states.ts";
import { createStateMachine } from "./machine.ts";

/** A board with a shell, and what was done to it. */
class Board {
  readonly events: string[] = [];
  state = "unknown";
  /** What the next transitions to a shell do. */
  readonly failures: Error[] = [];
  readonly memory = new Map<string, string>();
  dirt = "";

  turn(state: string): void {
    this.events.push(state);
    this.state = state;
    if (state === "off") this.dirt = "";
  }
  async saveSnapshot(name: string): Promise<void> {
    this.events.push("save");
    this.memory.set(name, this.dirt);
  }
  async loadSnapshot(name: string): Promise<void> {
    this.events.push("load");
    this.dirt = this.memory.get(name) ?? "lost";
    this.state = "shell";
  }
}

const states = defineStates<Board>()({
  off: { enter: (board) => board.turn("off"), detect: (board) => board.state === "off" },
  uboot: {
    from: "off",
    enter: (board) => {
      board.turn("uboot");
      return { prompt: "=> " };
    },
  },
  shell: {
    from: ["off", "uboot"],
    timeout: "10s",
    enter: (board) => {
      const failure = board.failures.shift();
      if (failure !== undefined) throw failure;
      board.turn("shell");
      return { shell: "entered" };
    },
    attach: (board) => {
      if (board.state !== "shell") throw new Error("no shell answers");
      return { shell: "attached" };
    },
  },
});

const withSnapshots = defineStates<Board>()({
  off: { enter: (board) => board.turn("off") },
  shell: {
    from: "off",
    enter: (board) => board.turn("shell"),
    snapshot: (board) => board,
  },
});

function open(board: Board, known: Partial<TrackedStates> = {}) {
  return openWith(states, board, known);
}

function openWith<Values>(definitions: States<Board, Values>, board: Board, known: Partial<TrackedStates> = {}) {
  const tracked: TrackedStates = { state: undefined, canBeKept: true, snapshots: new Set(), ...known };
  const notes: string[] = [];
  const stop = new AbortController();
  const machine = createStateMachine({
    states: definitions,
    device: board,
    tracked,
    signal: stop.signal,
    note: (text) => notes.push(text),
  });
  return { machine, tracked, notes, stop };
}

const failureOf = (result: Promise<unknown>): Promise<unknown> => result.then(String, (error: unknown) => error);

describe("a device with states", () => {
  it("goes the shortest way and gives what the last transition returned", async () => {
    const board = new Board();
    const { machine, notes } = open(board);

    expect(await machine.at("shell")).toEqual({ shell: "entered" });

    expect(board.events).toEqual(["off", "shell"]);
    expect(notes).toEqual(["state unknown → off (1 of 2)", "state off → shell (2 of 2)"]);
  });

  it("stays where it is", async () => {
    const board = new Board();
    const { machine } = open(board);
    const first = await machine.at("shell");

    expect(await machine.at("shell")).toBe(first);
    expect(board.events).toEqual(["off", "shell"]);
  });

  it("goes on in the state in which an earlier test has left it", async () => {
    const board = new Board();
    board.state = "shell";
    const { machine } = open(board, { state: "shell" });

    expect(await machine.at("shell")).toEqual({ shell: "attached" });
    expect(board.events).toEqual([]);
  });

  it("starts anew when it is not in that state any more", async () => {
    const board = new Board();
    board.state = "panic";
    const { machine, notes } = open(board, { state: "shell" });

    expect(await machine.at("shell")).toEqual({ shell: "entered" });
    expect(board.events).toEqual(["off", "shell"]);
    expect(notes[0]).toBe("the device is not in state shell any more: no shell answers");
  });

  it("finds out where it is where its states can tell", async () => {
    const board = new Board();
    board.state = "off";
    const { machine } = open(board);

    await machine.at("shell");

    expect(board.events).toEqual(["shell"]);
  });

  it("tries once more from the beginning when a transition breaks", async () => {
    const board = new Board();
    board.failures.push(new Error("no answer"));
    const { machine, tracked } = open(board, { state: "uboot" });

    expect(await machine.at("shell")).toEqual({ shell: "entered" });
    expect(board.events).toEqual(["off", "shell"]);
    expect(tracked.state).toBe("shell");
  });

  it("says where it broke, and whose fault it is, when that breaks too", async () => {
    const board = new Board();
    const panic = new JumpstarterError("console emitted a panic", {
      code: "failed-precondition",
      reason: "CONSOLE_FAILED_ON",
    });
    board.failures.push(new Error("no answer"), panic);
    const { machine, tracked } = open(board, { state: "uboot" });

    const error = await failureOf(machine.at("shell"));

    expect(error).toMatchObject({
      code: "failed-precondition",
      reason: "STATE_NOT_REACHED",
      message:
        'the device did not reach "shell", twice: it failed at off → shell, before at uboot → shell (no answer): console emitted a panic',
    });
    expect(tracked.state).toBeUndefined();
  });

  it("ends a transition that takes too long", async () => {
    const board = new Board();
    const slow = defineStates<Board>()({
      off: {
        timeout: 10,
        enter: (_board, { signal }) =>
          new Promise<void>((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(new Error("stopped")));
          }),
      },
    });
    const { machine } = openWith(slow, board);

    expect(await failureOf(machine.at("off"))).toMatchObject({
      code: "deadline-exceeded",
      message: expect.stringContaining("the transition to off did not finish within 10ms"),
    });
  });

  it("tries nothing more when the test is over", async () => {
    const board = new Board();
    const { machine, stop } = open(board);
    stop.abort(new Error("the test is over"));

    expect(String(await failureOf(machine.at("shell")))).toContain("the test is over");
    expect(board.events).toEqual([]);
  });

  it("keeps no state that a later test could not go on in", async () => {
    const { machine, tracked } = open(new Board());

    await machine.at("uboot");
    expect(tracked).toMatchObject({ state: "uboot", canBeKept: false });

    await machine.at("shell");
    expect(tracked).toMatchObject({ state: "shell", canBeKept: true });
  });
});

describe("a fresh device", () => {
  it("is kept at the first arrival, and restored from then on", async () => {
    const board = new Board();
    const { machine } = openWith(withSnapshots, board);

    await machine.fresh("shell");
    board.dirt = "no /etc";
    await machine.fresh("shell");

    expect(board.dirt).toBe("");
    expect(board.events).toEqual(["off", "shell", "save", "load"]);
  });

  it("is restored for the next test, also after a test that failed", async () => {
    const board = new Board();
    const first = openWith(withSnapshots, board);
    await first.machine.at("shell");
    board.turn("off");

    const next = openWith(withSnapshots, board, { snapshots: first.tracked.snapshots });
    await next.machine.fresh("shell");

    expect(board.events.slice(-2)).toEqual(["off", "load"]);
    expect(next.tracked.state).toBe("shell");
  });

  it("goes the whole way where the device keeps no snapshots", async () => {
    const board = new Board();
    const { machine } = open(board);
    await machine.at("shell");

    expect(await machine.fresh("shell")).toEqual({ shell: "entered" });
    expect(board.events).toEqual(["off", "shell", "off", "shell"]);
  });

  it("goes the whole way where snapshots are not supported", async () => {
    const board = new Board();
    board.saveSnapshot = () =>
      Promise.reject(new JumpstarterError("no such method", { code: "unsupported", reason: "X" }));
    const { machine, notes } = openWith(withSnapshots, board);

    await machine.fresh("shell");
    await machine.fresh("shell");

    expect(board.events).toEqual(["off", "shell", "off", "shell"]);
    expect(notes.join()).not.toContain("snapshot");
  });

  it("gives up a snapshot that does not load", async () => {
    const board = new Board();
    const { machine, tracked } = openWith(withSnapshots, board);
    await machine.at("shell");
    board.loadSnapshot = () => Promise.reject(new Error("the file is gone"));

    await machine.fresh("shell");

    expect(board.events).toEqual(["off", "shell", "save", "off", "shell", "save"]);
    expect(tracked.state).toBe("shell");
  });
});

describe("the definition of states", () => {
  it("types what each state gives", () => {
    expectTypeOf<NonNullable<(typeof states)["values"]>["shell"]>().toEqualTypeOf<{ shell: string }>();
    expectTypeOf<NonNullable<(typeof states)["values"]>["off"]>().toEqualTypeOf<void>();
  });

  it("refuses states without a beginning, and states to which no way leads", () => {
    const nothing = (): void => undefined;

    expect(() => defineStates<Board>()({ a: { from: "b", enter: nothing }, b: { from: "a", enter: nothing } })).toThrow(
      "no state can be entered from anywhere",
    );
    expect(() =>
      defineStates<Board>()({
        off: { enter: nothing },
        a: { from: "b", enter: nothing },
        b: { from: "a", enter: nothing },
      }),
    ).toThrow('no way leads to the state "a"');
    // @ts-expect-error -- there is no state "on"
    expect(() => defineStates<Board>()({ off: { enter: nothing }, shell: { from: "on", enter: nothing } })).toThrow(
      'no way leads to the state "shell"',
    );
  });
});
