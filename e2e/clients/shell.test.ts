import { connect } from "@jumpstarter-ts/client";
import { shell } from "@jumpstarter-ts/driver-shell";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";

const yaml = `export:
  lab:
    type: jumpstarter_driver_shell.driver.Shell
    config:
      methods:
        greet: 'echo "$0: $1 and $2, level $LEVEL"; echo careful >&2; exit 3'
        slow:
          command: "echo begun; sleep 30"
          timeout: 1
`;

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("Python's shell driver", () => {
  it("runs commands for us, with arguments, variables and exit codes", async () => {
    await using exporter = await startPythonExporter(yaml);
    await using session = await connect({ host: exporter.host });
    const lab = session.device("lab").as(shell);

    expect(await lab.methods()).toEqual(["greet", "slow"]);
    expect(await lab.run("greet", ["a b", "$(c)"], { env: { LEVEL: "2" } })).toEqual({
      stdout: "greet: a b and $(c), level 2\n",
      stderr: "careful\n",
      exitCode: 3,
    });
    await expect(lab.run("greet", [], { env: { LD_PRELOAD: "x" } })).rejects.toThrow("LD_PRELOAD");
    await expect(lab.run("absent")).rejects.toThrow("absent");
    const slow = await lab.run("slow");
    expect(slow.exitCode).toBe(199);
    expect(slow.stdout).toBe("begun\n");
  });
});
