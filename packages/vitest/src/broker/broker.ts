import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createDriverRegistry, type ExporterConfig } from "@jumpstarter-ts/config";
import { messageOf } from "@jumpstarter-ts/core";
import { spawnExporter, type PreparedExporter } from "@jumpstarter-ts/exporter/spawn";

import type { Need } from "../control.ts";
import type { Settings } from "../options.ts";
import { createTypesWriter } from "../types/write-types.ts";
import { serveControl } from "./control-server.ts";
import { createDevice, type BrokerDevice, type SessionSource } from "./device.ts";
import { createLender } from "./lender.ts";
import type { openDevice, OpenDevice } from "./open-device.ts";

export interface BrokerOptions {
  readonly settings: Settings;
  /** The project's directory: where driver packages are looked for. */
  readonly root: string;
  /** What to start where no session is given. */
  readonly exporters: readonly ExporterConfig[];
  /** For the exporter that is needed first. */
  readonly prepared?: PreparedExporter | undefined;
  readonly log: (sentence: string) => void;
}

/** Owns the devices of a run, in Vitest's main process. */
export interface Broker {
  readonly socket: string;
  readonly token: string;
  /** Starts what these needs will ask for. */
  warmUp(needs: readonly Need[]): void;
  /** Takes everything back, makes it safe, ends the exporters. Harmless twice. */
  close(): Promise<void>;
}

export async function startBroker({ settings, root, exporters, prepared, log }: BrokerOptions): Promise<Broker> {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-"));
  const onExit = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", onExit);
  const registry = createDriverRegistry({ from: root });
  const common = {
    directory,
    between: settings.between,
    safeStateMs: settings.timeouts.safeStateMs,
    idleMs: settings.timeouts.idleMs,
  };
  const names = exporters.map(({ metadata }) => metadata.name);
  const types = createTypesWriter({ directory: root, names, packages: () => registry.packages() });
  const typing = new Set<Promise<void>>();
  const open = async (host: string, name: string, signal: AbortSignal): Promise<OpenDevice> => {
    const { openDevice } = await loadGrpc();
    const opened = await openDevice({ host, registry, signal });
    // No test waits for it.
    if (names.includes(name)) {
      typing.add(types.write(name, opened.session.root).catch((error: unknown) => log(messageOf(error))));
    }
    return opened;
  };
  let spare = prepared;
  const spawn: typeof spawnExporter = (options) => {
    const start = spare?.start ?? spawnExporter;
    spare = undefined;
    return start(options);
  };
  const devices =
    settings.connect.kind === "host"
      ? [createDevice({ ...common, ...sharedSession(settings.connect.host), open })]
      : exporters.map((config) => createDevice({ ...common, ...ownExporter(config, spawn), open }));
  const lender = createLender(devices, { onLongWait: log });
  const socket = join(directory, "broker.sock");
  const token = randomBytes(24).toString("base64url");
  const control = await serveControl({ path: socket, token, lender });
  // A worker that never has a turn any more hears neither a signal nor the end of its channel.
  process.once("exit", () => control.killWorkers());
  let closing: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    spare?.[Symbol.dispose]();
    await lender.close();
    await Promise.all(devices.map((device) => device[Symbol.asyncDispose]()));
    await control[Symbol.asyncDispose]();
    await Promise.all(typing);
    await rm(directory, { recursive: true, force: true });
    process.off("exit", onExit);
  };

  return {
    socket,
    token,
    warmUp(needs) {
      for (const need of needs) deviceFor(devices, need)?.warmUp();
    },
    close: () => (closing ??= close()),
  };
}

/** Loaded when the first device is wanted, and not for a run without one. */
async function loadGrpc(): Promise<{ readonly openDevice: typeof openDevice }> {
  const [device] = await Promise.all([import("./open-device.ts"), import("./facade.ts"), import("./safe-state.ts")]);
  return device;
}

function deviceFor(devices: readonly BrokerDevice[], need: Need): BrokerDevice | undefined {
  return "name" in need ? devices.find(({ name }) => name === need.name) : devices[0];
}

function sharedSession(host: string) {
  const gone = new Promise<never>(() => undefined);
  return {
    name: "JUMPSTARTER_HOST",
    isAnonymous: true,
    description: host,
    childNames: [],
    start: async (): Promise<SessionSource> => ({ host, gone, async [Symbol.asyncDispose]() {} }),
  };
}

function ownExporter({ file, metadata, export: entries }: ExporterConfig, spawn: typeof spawnExporter) {
  return {
    name: metadata.name,
    isAnonymous: false,
    description: file,
    childNames: Object.keys(entries),
    start: async (signal: AbortSignal): Promise<SessionSource> => {
      const starting = spawn({ configFile: file, signal });
      // While its process starts; a failure is that of whoever opens the device.
      loadGrpc().catch(() => undefined);
      const exporter = await starting;
      return { host: exporter.host, gone: exporter.exited, [Symbol.asyncDispose]: exporter[Symbol.asyncDispose] };
    },
  };
}
