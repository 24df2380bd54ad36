import type { Board } from "./board.ts";

export interface PacerOptions {
  /** Milliseconds on the wall clock. */
  readonly now: () => number;
  /** Called after every slice that ran. */
  readonly onSlice: () => void;
}

/** Lets a board's virtual time follow the wall clock. */
export interface Pacer {
  /** Runs the board up to now, so that what comes next meets it in the present. */
  catchUp(): void;
  /** Runs slices from now on, as long as the board has power. */
  keepRunning(): void;
  /** Something went in or out: look again soon. */
  noteActivity(): void;
  /** Power came or went: virtual time starts anew. */
  restart(): void;
  stop(): void;
}

/** While bytes or edges are about, slices follow each other as fast as timers go; else a glance now and then. */
const busySliceMs = 1;
const idleSliceMs = 8;
const busyForMs = 30;
/** The longest stretch without a look at the messages that have come. */
const longestSliceMs = 10;
/** A board that is further behind than this (a machine too slow, or asleep) gives the time up. */
const largestLagMs = 200;

export function createPacer(board: Board, { now, onSlice }: PacerOptions): Pacer {
  let originMs = now();
  let activeUntilMs = 0;
  let cancel: (() => void) | undefined;

  const lag = (): number => now() - originMs - board.nowMs;

  const catchUp = (): void => {
    if (!board.isPowered) return;
    // A parked board has nothing to run: however long it stood, its clock jumps.
    if (!board.isParked) originMs += Math.max(0, lag() - largestLagMs);
    const target = now() - originMs;
    const slice = board.isParked ? Infinity : longestSliceMs;
    board.runUntil(Math.min(target, board.nowMs + slice));
    onSlice();
  };

  const later = (): (() => void) | undefined => {
    if (!board.isPowered || (board.isParked && !board.isReceiving)) return undefined;
    if (lag() > busySliceMs) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(run, now() < activeUntilMs ? busySliceMs : idleSliceMs);
    return () => clearTimeout(timer);
  };

  const keepRunning = (): void => {
    cancel?.();
    cancel = later();
  };

  const run = (): void => {
    catchUp();
    keepRunning();
  };

  return {
    catchUp,
    keepRunning,
    noteActivity() {
      activeUntilMs = now() + busyForMs;
    },
    restart() {
      originMs = now();
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
  };
}
