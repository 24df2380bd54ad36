import { readdirSync, readFileSync } from "node:fs";

/** The processes that have this in their environment or, as `qemu` has, on their command line. */
export function processesIn(directory: string, program = ""): readonly number[] {
  return readdirSync("/proc").flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const belongs = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`TMPDIR=${directory}`);
      const [argv0 = "", ...rest] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      // What watches over a program has its words, too, and is a shell.
      const isAsked = program === "" || (!argv0.endsWith("/sh") && [argv0, ...rest].join(" ").includes(program));
      return belongs && isAsked && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8")) ? [pid] : [];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}
