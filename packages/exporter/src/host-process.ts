#!/usr/bin/env node
import { enableCompileCache } from "node:module";

import { useBundle } from "./bundled-host.ts";

// Before anything heavy is loaded, which is why everything else is imported late.
enableCompileCache();

await import(useBundle() ?? "./host.js");
