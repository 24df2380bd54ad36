import { clock, within, type CallOptions } from "@jumpstarter-ts/core";

import { failureOf, type Runner } from "./conformance.ts";

/** What a power driver's client offers, whichever package it comes from. */
export interface PowerLike {
  on(options?: CallOptions): Promise<void>;
  off(options?: CallOptions): Promise<void>;
  cycle(options?: CallOptions & { readonly offForMs?: number }): Promise<void>;
  read(options?: CallOptions): AsyncIterable<{
    readonly voltage: number;
    readonly current: number;
    readonly apparentPower: number;
  }>;
}

/** A rail under test, freshly opened and off. */
export interface PowerUnderTest extends AsyncDisposable {
  readonly client: PowerLike;
  /** What the other end of the wire says of the rail; also after the disposal. */
  isOn(): boolean | Promise<boolean>;
  /** False for a driver that measures nothing. Default true. */
  readonly canRead?: boolean;
}

/** What every power driver does. `open` gives each test a rail of its own. */
export function powerConformance({ it, expect }: Runner, open: () => Promise<PowerUnderTest>): void {
  it("switches the rail on and off", async () => {
    await using rail = await open();
    await rail.client.on();
    expect(await rail.isOn()).toBe(true);
    await rail.client.off();
    expect(await rail.isOn()).toBe(false);
  });

  it("takes a second on or off without harm", async () => {
    await using rail = await open();
    await rail.client.on();
    await rail.client.on();
    expect(await rail.isOn()).toBe(true);
    await rail.client.off();
    await rail.client.off();
    expect(await rail.isOn()).toBe(false);
  });

  it("cycles: off for the time asked for, then on", async () => {
    await using rail = await open();
    await rail.client.on();
    const startedAt = clock.now();
    const cycle = rail.client.cycle({ offForMs: 100 });
    await until(async () => !(await rail.isOn()), "the rail to go off");
    await cycle;
    expect(await rail.isOn()).toBe(true);
    // A timer may fire a fraction of a millisecond early.
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(99);
  });

  it("leaves the rail off when a cycle is cut short", async () => {
    await using rail = await open();
    await rail.client.on();
    const controller = new AbortController();
    const cycle = failureOf(rail.client.cycle({ offForMs: 60_000, signal: controller.signal }));
    await until(async () => !(await rail.isOn()), "the rail to go off");
    controller.abort();
    expect(await cycle).toMatchObject({ code: "cancelled" });
    expect(await rail.isOn()).toBe(false);
  });

  it("does nothing for a caller who has left already", async () => {
    await using rail = await open();
    const signal = AbortSignal.abort();
    expect(await failureOf(rail.client.on({ signal }))).toMatchObject({ code: "cancelled" });
    expect(await rail.isOn()).toBe(false);
  });

  it("measures volts and amperes as numbers, and works on when the measurement is left early", async () => {
    await using rail = await open();
    if (rail.canRead === false) return;
    await rail.client.on();
    let readings = 0;
    for await (const { voltage, current, apparentPower } of rail.client.read()) {
      expect(Number.isFinite(voltage)).toBe(true);
      expect(Number.isFinite(current)).toBe(true);
      expect(apparentPower).toBe(voltage * current);
      readings += 1;
      if (readings === 2) break;
    }
    expect(readings).toBeGreaterThanOrEqual(1);
    await rail.client.off();
    expect(await rail.isOn()).toBe(false);
  });

  it("switches the rail off when the exporter closes", async () => {
    const rail = await open();
    await rail.client.on();
    const wasOn = await rail.isOn();
    await rail[Symbol.asyncDispose]();
    expect(wasOn).toBe(true);
    expect(await rail.isOn()).toBe(false);
  });
}

/** Looks again and again, without a fixed sleep, until it is so. */
async function until(look: () => Promise<boolean>, what: string): Promise<void> {
  const controller = new AbortController();
  const looking = (async () => {
    while (!(await look())) {
      controller.signal.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  looking.catch(() => undefined);
  try {
    await within(looking, { timeoutMs: 5_000, what });
  } finally {
    controller.abort();
  }
}
