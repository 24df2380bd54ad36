import { once } from "node:events";

import { startProcess } from "@jumpstarter-ts/process";

import type { HostOrder } from "./processes.ts";

// The test gave it.
const { argv, directory, leaves = false } = JSON.parse(process.argv[2] ?? "") as HostOrder;
const program = await startProcess(argv, { cwd: "/", directory });
program.stdout.pipe(process.stdout);
if (leaves) {
  await once(program.stdout, "data");
  setImmediate(() => process.exit());
}
