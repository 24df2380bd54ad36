import { clock, defineDriver, within, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { powerContract } from "./contract.ts";

export interface PowerReading {
  /** Volts. */
  readonly voltage: number;
  /** Amperes. */
  readonly current: number;
  /** Volt-amperes: voltage times current. */
  readonly apparentPower: number;
}

export interface CycleOptions extends CallOptions {
  /** Milliseconds between off and on. Default 2000, as upstream. */
  readonly offForMs?: number;
}

export interface PowerClient {
  on(options?: CallOptions): Promise<void>;
  off(options?: CallOptions): Promise<void>;
  /** Off, a wait, and on again. */
  cycle(options?: CycleOptions): Promise<void>;
  /** Measures until the driver has no more to say; leaving the loop ends the measurement. */
  read(options?: CallOptions): AsyncIterable<PowerReading>;
  /** Only some drivers have it; others answer `unsupported`. */
  rescue(options?: CallOptions): Promise<void>;
}

export const power = defineDriver({
  contract: powerContract,
  client: powerClient,
  safeState: (client) => client.off(),
});

function powerClient(remote: Remote<typeof powerContract>): PowerClient {
  const on: PowerClient["on"] = (options = {}) => remote.with(options).call("on");
  const off: PowerClient["off"] = (options = {}) => remote.with(options).call("off");
  return {
    on,
    off,
    async cycle({ offForMs = 2_000, ...options } = {}) {
      await off(options);
      await pause(offForMs, options.signal);
      await on(options);
    },
    async *read(options = {}) {
      for await (const { voltage, current } of remote.with(options).stream("read")) {
        yield { voltage, current, apparentPower: voltage * current };
      }
    },
    rescue: (options = {}) => remote.with(options).call("rescue"),
  };
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
