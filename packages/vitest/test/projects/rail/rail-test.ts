import { appendFileSync } from "node:fs";

import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { dutTest } from "@jumpstarter-ts/vitest";

/** Writes into the file of the rail, so that what happened can be read in its order. */
export function note(line: string): void {
  appendFileSync(process.env["RAIL_FILE"] ?? "/dev/null", `${line}\n`);
}

export const railTest = dutTest({ power, console: serial });
