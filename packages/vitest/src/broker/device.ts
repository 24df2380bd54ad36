import { join } from "node:path";

import { clock, JumpstarterError, messageOf } from "@jumpstarter-ts/core";

import type { KnownStates } from "../control.ts";
import type { Facade } from "./facade.ts";
import type { LendableDevice } from "./lender.ts";
import type { OpenDevice } from "./open-device.ts";

/** Where a session comes from: an exporter of our own, or somebody else's. */
export interface SessionSource extends AsyncDisposable {
  readonly host: string;
  /** Resolves when it is gone by itself. */
  readonly gone: Promise<unknown>;
}

export interface DeviceOptions {
  readonly name: string;
  readonly isAnonymous: boolean;
  /** For people. */
  readonly description: string;
  readonly childNames: readonly string[];
  /** Where sockets are made. */
  readonly directory: string;
  readonly between: "safe" | "keep";
  readonly safeStateMs: number;
  /** How long it stays in a state for which no test asks. */
  readonly idleMs: number;
  readonly start: (signal: AbortSignal) => Promise<SessionSource>;
  readonly open: (host: string, name: string, signal: AbortSignal) => Promise<OpenDevice>;
}

export interface BrokerDevice extends LendableDevice, AsyncDisposable {
  /** Starts the exporter before anybody asks for it. What goes wrong the first borrower hears. */
  warmUp(): void;
}

interface Running {
  readonly source: SessionSource;
  readonly device: OpenDevice;
}

export function createDevice(options: DeviceOptions): BrokerDevice {
  const { name, isAnonymous, description, childNames, directory, between, safeStateMs, idleMs, start, open } = options;
  let running: Promise<Running> | undefined;
  let facade: Promise<Facade> | undefined;
  let starting: AbortController | undefined;
  let isLent = false;
  let lendings = 0;
  let mayBeUnsafe = false;
  let hasDied = false;
  /** The state in which the last attempt left it for the next one. */
  let kept: KnownStates | undefined;
  /** What kept it from its safe state, also with an exporter that was started for that. */
  let stillUnsafe: JumpstarterError | undefined;
  let snapshots: readonly string[] = [];
  let idling: NodeJS.Timeout | undefined;
  let makingSafe: Promise<unknown> | undefined;

  const run = async (signal: AbortSignal): Promise<Running> => {
    const source = await start(signal);
    try {
      const device = await open(source.host, name, signal);
      const own = running;
      void source.gone.then(() => {
        if (running !== own) return undefined;
        hasDied = mayBeUnsafe;
        return discard();
      });
      return { source, device };
    } catch (error) {
      await source[Symbol.asyncDispose]();
      throw error;
    }
  };
  const ensureRunning = (): Promise<Running> => {
    if (running !== undefined) return running;
    starting = new AbortController();
    running = run(starting.signal).catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };

  /** Ends the session: an exporter of ours then closes its drivers, which is the last safety there is. */
  const discard = async (): Promise<void> => {
    const ending = running;
    running = undefined;
    kept = undefined;
    // They live as long as the session.
    snapshots = [];
    // One that hangs while it opens its drivers would keep the whole run from ending.
    starting?.abort();
    const ended = await ending?.catch(() => undefined);
    await ended?.device[Symbol.asyncDispose]();
    await ended?.source[Symbol.asyncDispose]();
  };

  /** The device's safe state, by the exporter that runs; or by one that is started for it, once. */
  const makeSafeOnce = async (): Promise<readonly JumpstarterError[]> => {
    try {
      const { device } = await ensureRunning();
      const { makeSafe } = await import("./safe-state.ts");
      return await makeSafe(device.session, safeStateMs);
    } catch (cause) {
      return [unsafeError(`${name} could not be made safe: ${messageOf(cause)}`, cause)];
    }
  };

  const makeDeviceSafe = async (): Promise<readonly JumpstarterError[]> => {
    kept = undefined;
    if (!mayBeUnsafe) return [];
    mayBeUnsafe = false;
    stillUnsafe = undefined;
    const problems = hasDied
      ? [unsafeError(`the exporter of ${name} ended while it was in use; it is started anew`)]
      : await makeSafeOnce();
    hasDied = false;
    if (problems.length === 0) return [];
    await discard();
    const remaining = await makeSafeOnce();
    [stillUnsafe] = remaining;
    if (remaining.length > 0) await discard();
    return [...problems, ...remaining];
  };

  const openFacade = async (path: string): Promise<Facade> => {
    const { device } = await ensureRunning();
    // A console that cannot be opened now is reported to whoever reads it.
    await Promise.all(device.hubs.map((hub) => hub.startAttempt().catch(() => undefined)));
    mayBeUnsafe = true;
    const { serveFacade } = await import("./facade.ts");
    return await serveFacade({
      path,
      upstream: device.upstream,
      consoleOf: (uuid, method) => device.consoleOf(uuid, method),
    });
  };

  /** A device that nobody goes on with must not stay on for the rest of the run. */
  const makeSafeWhenIdle = (): void => {
    idling = clock.setTimeout(() => {
      if (kept !== undefined) makingSafe = makeDeviceSafe();
    }, idleMs);
    idling.unref();
  };

  /** What the next attempt may know of the device, once it is fit for that attempt. */
  const prepareFor = async (family: string | undefined): Promise<KnownStates | undefined> => {
    clock.clearTimeout(idling);
    await makingSafe;
    const isKept = kept !== undefined && kept.family === family;
    const state = isKept ? kept?.state : undefined;
    if (mayBeUnsafe && !isKept && between === "safe") {
      await makeDeviceSafe();
      if (stillUnsafe !== undefined) throw stillUnsafe;
    }
    kept = undefined;
    return family === undefined ? undefined : { family, state, snapshots };
  };

  return {
    name,
    isAnonymous,
    childNames,
    warmUp: () => void ensureRunning().catch(() => undefined),
    isKeptFor: (family) => kept?.family === family,
    async lend({ family }) {
      const states = await prepareFor(family);
      const path = join(directory, `${name.replaceAll(/[^\w-]/g, "-").slice(0, 24)}-${++lendings}.sock`);
      facade = openFacade(path);
      await facade;
      isLent = true;
      // An exporter that had to be started has none of the snapshots of the one before.
      return { name, description, socket: path, states: states && { ...states, snapshots } };
    },
    async takeBack(_attempt, { outcome, states }) {
      // Whoever gives up while the device is being opened ends that, as a driver that hangs would hang everybody.
      if (!isLent) starting?.abort();
      isLent = false;
      const opened = await facade?.catch(() => undefined);
      facade = undefined;
      await opened?.end();
      snapshots = states?.snapshots ?? snapshots;
      if (outcome !== "passed") return await makeDeviceSafe();
      kept = running !== undefined && states?.state !== undefined ? states : undefined;
      if (kept === undefined && between === "safe") return await makeDeviceSafe();
      if (between === "safe") makeSafeWhenIdle();
      return [];
    },
    async [Symbol.asyncDispose]() {
      clock.clearTimeout(idling);
      await makingSafe;
      await makeDeviceSafe();
      await discard();
    },
  };
}

function unsafeError(sentence: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(sentence, { code: "unavailable", reason: "SAFE_STATE_FAILED", cause });
}
