import { clock } from "@jumpstarter-ts/core";

export type FlashPhase = "checking" | "writing" | "finishing" | "verifying" | "reading" | "done";

export interface FlashProgress {
  /** Where several images are flashed: which one this is about. */
  readonly target?: string | undefined;
  readonly phase: FlashPhase;
  /** Of this phase. */
  readonly doneBytes: number;
  /** Absent where it is not known beforehand. */
  readonly totalBytes?: number | undefined;
  /** Since this phase began. */
  readonly bytesPerSecond: number;
}

export interface Meter {
  enter(phase: FlashPhase, totalBytes?: number): void;
  move(doneBytes: number): void;
  phase(): FlashPhase;
  doneBytes(): number;
}

/** Makes progress reports from what is counted; the sum of the last phase stands until the next one has bytes. */
export function createMeter(report: (progress: FlashProgress) => void): Meter {
  let phase: FlashPhase = "checking";
  let doneBytes = 0;
  let totalBytes: number | undefined;
  let startedAt = clock.now();
  const tell = (): void => {
    const seconds = (clock.now() - startedAt) / 1_000;
    const bytesPerSecond = seconds > 0 ? Math.round(doneBytes / seconds) : 0;
    report({ phase, doneBytes, ...(totalBytes === undefined ? {} : { totalBytes }), bytesPerSecond });
  };
  return {
    enter(next, total) {
      const isContinued = next === "finishing" || next === "done";
      phase = next;
      if (!isContinued) {
        doneBytes = 0;
        totalBytes = total;
        startedAt = clock.now();
      }
      tell();
    },
    move(bytes) {
      doneBytes = bytes;
      tell();
    },
    phase: () => phase,
    doneBytes: () => doneBytes,
  };
}
