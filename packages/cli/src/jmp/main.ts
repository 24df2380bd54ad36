import { exit, processIo } from "../process-io.ts";
import { runProgram } from "../program.ts";
import { jmp } from "./jmp.ts";

/** What `jmp` does. */
export async function main(): Promise<never> {
  return exit(await runProgram(jmp, process.argv.slice(2), processIo(), { usageCode: 2 }));
}
