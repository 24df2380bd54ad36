import type { Progress } from "@jumpstarter-ts/core";

import { isLive, type Io } from "../io.ts";

export interface ProgressBar extends Disposable {
  update(progress: Progress): void;
}

const everyMs = 100;

/** One line of stderr that is drawn over while bytes move; nothing where stderr is no terminal. */
export function createProgressBar(
  io: Io,
  what: string,
  now: () => number = performance.now.bind(performance),
): ProgressBar {
  const output = io.stderr;
  if (!isLive(io, output)) return { update: () => undefined, [Symbol.dispose]: () => undefined };
  const startedAt = now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let newest: Progress | undefined;
  const draw = (): void => {
    if (newest === undefined) return;
    drawnAt = now();
    const line = formatProgress(what, newest, (drawnAt - startedAt) / 1_000, output.columns ?? 80);
    output.write(`\r${line}\u001B[K`);
  };
  return {
    update(progress) {
      newest = progress;
      if (now() - drawnAt >= everyMs) draw();
    },
    [Symbol.dispose]() {
      draw();
      if (newest !== undefined) output.write("\n");
    },
  };
}

/** `flash  45% [=====>     ] 12.3/27.0 MiB  3.2 MiB/s  0:05 left`; without the total, what is known. */
export function formatProgress(
  what: string,
  { doneBytes, totalBytes }: Progress,
  seconds: number,
  columns: number,
): string {
  const rate = seconds > 0 ? doneBytes / seconds : 0;
  const speed = `${mebibytes(rate)} MiB/s`;
  if (totalBytes === undefined || totalBytes === 0) return `${what}  ${mebibytes(doneBytes)} MiB  ${speed}`;
  const part = Math.min(doneBytes / totalBytes, 1);
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  const left =
    part === 1
      ? `${clockTime(seconds)} in all`
      : `${rate > 0 ? clockTime((totalBytes - doneBytes) / rate) : "-:--"} left`;
  const numbers = `${mebibytes(doneBytes)}/${mebibytes(totalBytes)} MiB  ${speed}  ${left}`;
  const room = Math.min(columns - what.length - percent.length - numbers.length - 7, 30);
  if (room < 5) return `${what} ${percent}  ${numbers}`;
  const filled = Math.round(part * room);
  const bar = `${"=".repeat(filled)}${filled < room ? ">" : ""}`.padEnd(room).slice(0, room);
  return `${what} ${percent} [${bar}] ${numbers}`;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}

function clockTime(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60), whole % 60];
  const tail = `${String(minutes).padStart(hours > 0 ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}
