import type { Io } from "./io.ts";
import { interruptedCode } from "./program.ts";

/** The process's own streams and signals. */
export function processIo(): Io {
  const stop = new AbortController();
  const takers: ((signal: NodeJS.Signals) => void)[] = [];
  const onSignal = (signal: NodeJS.Signals): void => {
    const taker = takers.at(-1);
    if (taker !== undefined) taker(signal);
    // The second one does not wait for anything.
    else if (stop.signal.aborted) process.exit(interruptedCode);
    else stop.abort(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => onSignal(signal));
  // Nobody reads any more, as behind `| head`: what SIGPIPE would do.
  for (const output of [process.stdout, process.stderr]) {
    output.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 141 : 1));
  }
  return {
    // A getter, for making it is what opens it.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signal: stop.signal,
    interrupts: {
      take(taker) {
        takers.push(taker);
        return () => void takers.splice(takers.indexOf(taker), 1);
      },
    },
  };
}

/** Ends the process once its output is written, whatever is still open. */
export async function exit(code: number): Promise<never> {
  for (const output of [process.stdout, process.stderr]) {
    if (output.writableLength > 0) await new Promise<void>((resolve) => output.write("", () => resolve()));
  }
  process.exit(code);
}
