import { exit, processIo } from "../process-io.ts";
import { runJ } from "./j.ts";

/** What `j` does. */
export async function main(): Promise<never> {
  return exit(await runJ(process.argv.slice(2), processIo()));
}
