import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { messageOf, within, type DriverScope } from "@jumpstarter-ts/core";

import { bundleError } from "./bundle-error.ts";
import { fileOfBundle } from "./bundle-path.ts";
import { parseManifest, strictManifestSchema, type FlasherManifest } from "./manifest.ts";
import { pullBundle } from "./oci-pull.ts";
import { unpackTar } from "./unpack.ts";

/** The files of a helper system and what says how to boot it. */
export interface Bundle {
  readonly manifest: FlasherManifest;
  readonly manifestText: string;
  /** Where a file of the bundle lies on this machine. */
  file(path: string): Promise<string>;
}

export interface BundlesOptions {
  /** The lab's bundle. */
  readonly reference: string;
  /** The manifest's name in it. */
  readonly manifestName: string;
  readonly cacheDirectory: string;
}

export interface Bundles {
  /** The bundle in use; what is not here yet is fetched, once a session. */
  current(signal: AbortSignal): Promise<Bundle>;
  /** Takes another bundle from now on, once it is here. A client cannot name files of the exporter's machine. */
  use(reference: string, signal: AbortSignal): Promise<void>;
}

export function createBundles(options: BundlesOptions, scope: DriverScope): Bundles {
  const { cacheDirectory, manifestName } = options;
  const opened = new Map<string, Bundle>();
  let reference = options.reference;
  let queue: Promise<unknown> = Promise.resolve();

  const open = async (text: string, signal: AbortSignal): Promise<Bundle> => {
    const known = opened.get(text);
    if (known !== undefined) return known;
    const isTrusted = text === options.reference;
    scope.log.info(`takes the flasher bundle ${text}`);
    const directory = isLocal(text)
      ? await openLocal(localPath(text, scope.baseDirectory), scope, signal)
      : await pullBundle(text, { cacheDirectory: resolve(scope.baseDirectory, cacheDirectory), isTrusted, signal });
    const bundle = await readBundle(directory, text, manifestName);
    opened.set(text, bundle);
    return bundle;
  };

  const inTurn = (text: string, signal: AbortSignal): Promise<Bundle> => {
    // Whoever comes meanwhile finds it there.
    const turn = queue.then(() => open(text, AbortSignal.any([signal, scope.signal])));
    queue = turn.catch(() => undefined);
    return within(turn, { signal, what: `the flasher bundle ${text}` });
  };

  return {
    async use(text, signal) {
      if (isLocal(text) && text !== options.reference) {
        throw bundleError(
          "FLASHER_BUNDLE_REFUSED",
          `${text} is a path of the exporter's machine: only the lab may name one`,
        );
      }
      await inTurn(text, signal);
      reference = text;
    },
    current: (signal) => inTurn(reference, signal),
  };
}

async function readBundle(directory: string, text: string, manifestName: string): Promise<Bundle> {
  const file = (path: string): Promise<string> => fileOfBundle(directory, path, `the bundle ${text}`);
  const manifestText = await readFile(await file(manifestName), "utf8");
  return { manifestText, manifest: await parseManifest(manifestText, text, strictManifestSchema), file };
}

async function openLocal(path: string, scope: DriverScope, signal: AbortSignal): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw bundleError("FLASHER_BUNDLE_MISSING", `there is no flasher bundle ${path}: ${messageOf(cause)}`, cause);
  });
  if (found.isDirectory()) return path;
  const into = await mkdtemp(join(tmpdir(), "jumpstarter-bundle-"));
  const remove = (): Promise<void> => rm(into, { recursive: true, force: true });
  scope.defer(remove, { what: "remove the unpacked bundle", timeoutMs: 60_000 });
  try {
    await unpackTar(path, { into, what: path, signal });
  } catch (error) {
    await remove();
    throw error;
  }
  return into;
}

function isLocal(text: string): boolean {
  return /^(?:\.{0,2}\/|file:)/.test(text);
}

function localPath(text: string, baseDirectory: string): string {
  return text.startsWith("file:") ? fileURLToPath(text) : resolve(baseDirectory, text);
}
