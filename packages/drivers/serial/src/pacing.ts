/** Decides how much may be sent and when, so that no more than `cps` characters go out in a second. */
export interface Pacer {
  /** How many of the waiting bytes to send next, and how many milliseconds from now. */
  next(waitingBytes: number, now: number): { readonly lengthBytes: number; readonly waitMs: number };
}

/** Timers are too coarse to time every byte of a fast line: a slice lasts up to this long. */
const sliceMs = 10;

export function createPacer(cps: number): Pacer {
  let lineIsFreeAt = 0;
  return {
    next(waitingBytes, now) {
      const lengthBytes = Math.min(waitingBytes, Math.max(1, Math.floor((cps * sliceMs) / 1_000)));
      const startsAt = Math.max(now, lineIsFreeAt);
      lineIsFreeAt = startsAt + (lengthBytes * 1_000) / cps;
      return { lengthBytes, waitMs: startsAt - now };
    },
  };
}
