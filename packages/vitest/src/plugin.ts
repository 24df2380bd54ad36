import { getCompileCacheDir } from "node:module";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import type { ExporterConfig } from "@jumpstarter-ts/config";
import type { ViteUserConfig } from "vitest/config";
import type { Reporter, TestSpecification, Vite, Vitest, VitestPluginContext } from "vitest/node";

import type { Broker } from "./broker/broker.ts";
import { loadExporterConfigs } from "./exporter-configs.ts";
import { findNeeds } from "./find-needs.ts";
import { readOptions, type JumpstarterOptions, type Settings } from "./options.ts";
import type { ProvidedByJumpstarter } from "./provided.ts";
import { endRunInOrderOnSignals } from "./signals.ts";
import { refuseUnsafe, refuseVersion } from "./vitest-settings.ts";

const setupFile = fileURLToPath(new URL("setup.js", import.meta.url));

/**
 * Makes Vitest's defaults safe for hardware, and lends its devices to the tests. Add it to the plugins of
 * `vitest.config.ts`; it says on standard error what it sets.
 */
export function jumpstarter(options: JumpstarterOptions = {}): Vite.Plugin {
  const settings = readOptions(options, process.env);
  let exporters: readonly ExporterConfig[] = [];
  let root = process.cwd();
  let broker: Promise<Broker> | undefined;
  // The workers, too, compile nothing that was compiled before.
  process.env["NODE_COMPILE_CACHE"] ??= getCompileCacheDir();
  // Loaded while Vite starts.
  const loading = import("./broker/broker.ts");
  const prepared =
    settings.connect.kind === "host"
      ? undefined
      : import("@jumpstarter-ts/exporter/spawn").then(({ prepareExporter }) => prepareExporter());

  return {
    name: "@jumpstarter-ts/vitest",
    async config(user: ViteUserConfig) {
      refuseUnsafe(user.test ?? {});
      root = user.root ?? process.cwd();
      exporters = settings.connect.kind === "host" ? [] : await loadExporterConfigs(settings.exporters, root);
      return { test: testSettings(settings, exporters.length, user.test ?? {}) };
    },
    // Vitest waits for this hook, whatever its type says.
    // oxlint-disable-next-line typescript/no-misused-promises
    async configureVitest({ vitest, project }: VitestPluginContext) {
      refuseVersion(vitest.version);
      // What came by the command line.
      refuseUnsafe(project.config);
      broker ??= start(vitest);
      const { socket, token } = await broker;
      const provided: ProvidedByJumpstarter = { socket, token, root, timeouts: settings.timeouts };
      project.provide("jumpstarter", provided);
    },
  };

  async function start(vitest: Vitest): Promise<Broker> {
    const { startBroker } = await loading;
    const log = (sentence: string): void => void process.stderr.write(`jumpstarter: ${sentence}\n`);
    const started = await startBroker({ settings, root, exporters, prepared: await prepared, log });
    const { maxWorkers } = vitest.config;
    const devices = exporters.map(({ metadata }) => metadata.name).join(", ") || "JUMPSTARTER_HOST";
    log(`pool=forks, isolate=false, maxWorkers=${maxWorkers} for ${devices}`);
    endRunInOrderOnSignals(vitest, { deadlineMs: settings.timeouts.cleanUpMs * 2 + settings.timeouts.safeStateMs });
    vitest.onClose(() => started.close());
    vitest.config.reporters.push(warmUpReporter(started));
    return started;
  }
}

function testSettings(
  settings: Settings,
  devices: number,
  user: { readonly teardownTimeout?: number; readonly maxWorkers?: number | string },
) {
  const { safeStateMs, cleanUpMs } = settings.timeouts;
  return {
    pool: "forks" as const,
    isolate: false,
    // More than there are devices is the user's to want: who finds none free waits.
    maxWorkers: user.maxWorkers ?? Math.max(1, devices),
    // All devices are made safe after the last test, and that takes what it takes.
    teardownTimeout: Math.max(user.teardownTimeout ?? 0, safeStateMs * 4 + cleanUpMs * 4),
    setupFiles: [setupFile],
    // One copy of our packages in each worker, loaded by Node itself, also where they are linked and not installed.
    server: { deps: { external: [compiledSiblings()] } },
  };
}

/** Starts an exporter while Vitest starts its workers, if one of the files to be run needs it. */
function warmUpReporter(broker: Broker): Reporter {
  return {
    async onTestRunStart(specifications: readonly TestSpecification[]) {
      const texts = specifications.map(({ moduleId }) => readFile(moduleId, "utf8").catch(() => ""));
      broker.warmUp((await Promise.all(texts)).flatMap(findNeeds));
    },
  };
}

function compiledSiblings(): RegExp {
  const packages = fileURLToPath(new URL("../../", import.meta.url));
  return new RegExp(`^${packages.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`)}.*/dist/`);
}
