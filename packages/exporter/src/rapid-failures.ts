export interface RapidFailureLimits {
  readonly maxRapidFailures: number;
  readonly rapidFailureWindowS: number;
}

/** Counts short lives in a row. */
export interface RapidFailureGuard {
  /** Whether one that lived so long may be started again. */
  mayRestart(livedMs: number, limits: RapidFailureLimits): boolean;
}

export function createRapidFailureGuard(): RapidFailureGuard {
  let inARow = 0;
  return {
    mayRestart(livedMs, { maxRapidFailures, rapidFailureWindowS }) {
      inARow = livedMs < rapidFailureWindowS * 1_000 ? inARow + 1 : 0;
      return inARow < Math.max(1, maxRapidFailures);
    },
  };
}
