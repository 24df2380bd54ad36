import { clock, JumpstarterError } from "@jumpstarter-ts/core";

import type { HoldRequest, LentDevice, Need, Return } from "../control.ts";

/** A device as the queue sees it. */
export interface LendableDevice {
  readonly name: string;
  /** True for a session that somebody else opened: it stands for any name, and its tree is seen once it is lent. */
  readonly isAnonymous: boolean;
  /** The names at the top of its tree. */
  readonly childNames: readonly string[];
  /** Whether it is in one of these states, left there for the next attempt that knows them. */
  isKeptFor(family: string): boolean;
  /** Opens it if need be; from then on only this attempt reaches it. */
  lend(request: HoldRequest): Promise<LentDevice>;
  /** Cuts the attempt off, and leaves the device so that the next one can have it. Returns what went wrong. */
  takeBack(attempt: string, given: Return): Promise<readonly JumpstarterError[]>;
}

export interface Lender {
  /** Resolves when the device is lent. An attempt whose signal aborts while it waits leaves the queue. */
  hold(request: HoldRequest, signal: AbortSignal): Promise<LentDevice>;
  /** Gives a device back; harmless for an attempt that holds none. Resolves when it can be lent again. */
  release(attempt: string, given: Return): Promise<readonly JumpstarterError[]>;
  /** Takes back everything that is lent; refuses whoever waits, now and later. */
  close(): Promise<void>;
}

interface Waiting {
  readonly request: HoldRequest;
  readonly candidates: readonly LendableDevice[];
  readonly grant: (device: LendableDevice) => void;
  readonly refuse: (error: JumpstarterError) => void;
}

export interface LenderOptions {
  /** Told when a test has waited for 5 seconds. */
  readonly onLongWait?: (sentence: string) => void;
}

const longWaitMs = 5_000;

/** Lends every device to one attempt at a time, first come, first served. */
export function createLender(devices: readonly LendableDevice[], { onLongWait }: LenderOptions = {}): Lender {
  const holders = new Map<LendableDevice, HoldRequest>();
  const waiting: Waiting[] = [];
  const releases = new Map<string, Promise<readonly JumpstarterError[]>>();
  let isClosed = false;

  const pump = (): void => {
    for (const entry of waiting.slice()) {
      const { family } = entry.request;
      const idle = entry.candidates.filter((device) => !holders.has(device));
      // One that need not be started again.
      const free = idle.find((device) => family !== undefined && device.isKeptFor(family)) ?? idle[0];
      if (free === undefined) continue;
      holders.set(free, entry.request);
      waiting.splice(waiting.indexOf(entry), 1);
      entry.grant(free);
    }
  };

  const queue = async (request: HoldRequest, signal: AbortSignal): Promise<LendableDevice> => {
    if (isClosed) throw closedError(request);
    const candidates = candidatesOf(devices, request.need);
    const { promise, resolve, reject } = Promise.withResolvers<LendableDevice>();
    const entry: Waiting = { request, candidates, grant: resolve, refuse: reject };
    const leave = (): void => {
      const index = waiting.indexOf(entry);
      if (index === -1) return;
      waiting.splice(index, 1);
      reject(closedError(request));
    };
    signal.addEventListener("abort", leave, { once: true });
    const timer = clock.setTimeout(() => {
      const ahead = waiting.indexOf(entry) + 1;
      const names = candidates.map(({ name }) => name).join(" or ");
      const holder = candidates.map((device) => holders.get(device)?.test).find((test) => test !== undefined);
      onLongWait?.(
        `"${request.test}" waits for ${names} (${ahead} ahead${holder === undefined ? "" : `; "${holder}" has it`})`,
      );
    }, longWaitMs);
    waiting.push(entry);
    pump();
    try {
      return await promise;
    } finally {
      clock.clearTimeout(timer);
      signal.removeEventListener("abort", leave);
    }
  };

  const release: Lender["release"] = (attempt, given) => {
    const running = releases.get(attempt);
    if (running !== undefined) return running;
    const device = [...holders].find(([, holder]) => holder.attempt === attempt)?.[0];
    if (device === undefined) return Promise.resolve([]);
    const release = device.takeBack(attempt, given).finally(() => {
      holders.delete(device);
      releases.delete(attempt);
      pump();
    });
    releases.set(attempt, release);
    return release;
  };

  return {
    async hold(request, signal) {
      const device = await queue(request, signal);
      try {
        return await device.lend(request);
      } catch (error) {
        await release(request.attempt, { outcome: "failed" });
        throw error;
      }
    },
    release,
    async close() {
      isClosed = true;
      for (const { request, refuse } of waiting.splice(0)) refuse(closedError(request));
      await Promise.all([...holders.values()].map(({ attempt }) => release(attempt, { outcome: "failed" })));
    },
  };
}

function candidatesOf(devices: readonly LendableDevice[], need: Need): readonly LendableDevice[] {
  const has = devices.map(describe).join(", ") || "none";
  if ("name" in need) {
    const named = devices.filter(({ name, isAnonymous }) => isAnonymous || name === need.name);
    if (named.length > 0) return named;
    throw new JumpstarterError(`there is no exporter named ${JSON.stringify(need.name)}; there is: ${has}`, {
      code: "not-found",
      reason: "EXPORTER_NOT_FOUND",
    });
  }
  const fitting = devices.filter(
    ({ childNames, isAnonymous }) => isAnonymous || need.children.every((child) => childNames.includes(child)),
  );
  // A driver may have children that no configuration lists; whether they are there is seen once it is lent.
  return fitting.length > 0 ? fitting : devices;
}

function describe({ name, childNames }: LendableDevice): string {
  return childNames.length === 0 ? name : `${name} (${childNames.join(", ")})`;
}

function closedError({ test }: HoldRequest): JumpstarterError {
  return new JumpstarterError(`"${test}" gets no device: the run is ending`, {
    code: "cancelled",
    reason: "RUN_ENDED",
  });
}
