import { statSync } from "node:fs";
import { registerHooks } from "node:module";

const directory = new URL("../bundle/", import.meta.url);

/** What drivers share with their host: one copy of each in a process. */
const shared = ["@jumpstarter-ts/core", "@jumpstarter-ts/encoding", "zod"];

/** Where the bundle's file of a shared package is. */
const fileOf = (name: string): string => `${name.replace(/^.*\//, "")}.js`;

/** The packages whose code is in the bundle, beside this one in our repository. */
const sources = ["core", "encoding", "protocol", "config", "exporter"];

/**
 * The program of the host in few files, which starts in half the time; `undefined` where there is none. Published
 * packages have one. In our repository it counts unless a build came after it.
 */
export function useBundle(): string | undefined {
  const host = new URL("host.js", directory);
  const made = modifiedMs(host);
  if (made === undefined) return undefined;
  const isInstalled = import.meta.url.includes("/node_modules/");
  if (!isInstalled && sources.some((name) => (modifiedMs(buildOf(name)) ?? 0) > made)) return undefined;
  shareWithDrivers();
  return host.href;
}

/** A driver that would load the very file that the bundle was made of gets the bundle's copy. */
function shareWithDrivers(): void {
  const copies = new Map(shared.map((name) => [import.meta.resolve(name), new URL(fileOf(name), directory).href]));
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const copy = copies.get(found.url);
      return copy === undefined ? found : { ...found, url: copy };
    },
  });
}

function buildOf(name: string): URL {
  return new URL(`../../${name}/dist/.tsbuildinfo`, import.meta.url);
}

function modifiedMs(file: URL): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
