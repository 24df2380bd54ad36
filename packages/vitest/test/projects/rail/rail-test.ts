import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { dutTest } from "@jumpstarter-ts/vitest";

/** Writes into the file of the rail, so that what happened can be read in its order. */
export function note(line: string): void {
  appendFileSync(process.env["RAIL_FILE"] ?? "/dev/null", `${line}\n`);
}

export const railTest = dutTest({ power, console: serial });

/** Resolves when somebody has written this. */
export async function noted(text: string): Promise<void> {
  while (!readFileSync(process.env["RAIL_FILE"] ?? "/dev/null", "utf8").includes(text)) await pause(10);
}
