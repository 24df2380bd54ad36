import { clock, within, type CallOptions } from "@jumpstarter-ts/core";

export interface CycleOptions extends CallOptions {
  /** Milliseconds between off and on. Default 2000, as upstream. */
  readonly offForMs?: number;
}

/** What can be switched off and on, whatever it answers. */
export interface Switch {
  on(options?: CallOptions): Promise<unknown>;
  off(options?: CallOptions): Promise<unknown>;
}

/** Off, a wait, and on again. A cycle that is cut short in its wait leaves the switch off. */
export async function cycleSwitch(target: Switch, { offForMs = 2_000, ...options }: CycleOptions = {}): Promise<void> {
  await target.off(options);
  await pause(offForMs, options.signal);
  await target.on(options);
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, ms);
  try {
    await within(promise, { signal, what: "the pause of a power cycle" });
  } finally {
    clock.clearTimeout(timer);
  }
}
