import { createRequire, enableCompileCache } from "node:module";

import type * as Plugin from "./plugin.ts";

export type { JumpstarterOptions } from "./options.ts";

// Before anything is loaded: what was compiled for the last run is not compiled again. Not by `await import()`, for a
// configuration in CommonJS cannot load what waits; and what require() gives has no type.
enableCompileCache();
/** See plugin.ts. */
export const { jumpstarter } = createRequire(import.meta.url)("./plugin.js") as typeof Plugin;
