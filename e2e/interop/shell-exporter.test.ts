import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { shell } from "@jumpstarter-ts/driver-shell";
import { spawnExporter, type RunningExporter } from "@jumpstarter-ts/exporter";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { pythonSession, runPython, startPython } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

const yaml = `export:
  lab:
    type: jumpstarter_driver_shell.driver.Shell
    config:
      methods:
        greet:
          command: 'echo "$0: $1 and $2, level $LEVEL"; echo careful >&2; exit 3'
          description: Greet the two
        led_on:
          command: "true"
          description: Light the LED
        slow:
          command: "echo begun; sleep 30"
          timeout: 1
        stay: 'echo "pid $$"; sleep 60 & wait'
        large: "head -c 10000000 /dev/zero | tr '\\\\0' x"
`;

const isAlive = (pid: number): boolean => {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8"));
};

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("our shell driver for Python", () => {
  let exporter: RunningExporter;
  const j = (...args: readonly string[]) => runPython("j", args, { host: exporter.host });

  beforeAll(async () => {
    exporter = await startOurs(yaml);
  });
  afterAll(async () => {
    await exporter?.close();
  });

  it("answers to its command line: arguments, variables, both outputs, help", async () => {
    const [greeted, help] = await Promise.all([
      j("lab", "greet", "-e", "LEVEL=2", "a b", "--unknown"),
      j("lab", "--help"),
    ]);

    expect(greeted).toEqual({
      // Of a command below another, 0.9.0 drops the exit code, whichever exporter it comes from.
      exitCode: 0,
      stdout: "greet: a b and --unknown, level 2\n",
      stderr: "careful\n",
    });
    expect(help.stdout).toMatch(
      /greet +Greet the two\n[\s\S]*led_on +Light the LED\n *slow +Execute the slow shell method/,
    );
  });

  it("answers to its client: an exit code, a time-out, a refusal, and 10 MB", async () => {
    const answer = await pythonSession(
      exporter.host,
      `
import contextlib, io
def failure(call):
    try:
        call()
    except Exception as error:
        return [base.__name__ for base in type(error).__mro__], str(error)
answer = {"code": client.lab.greet("a", "b"), "slow": client.lab.slow()}
answer["refused"] = failure(lambda: client.lab.greet(PATH="/tmp"))
answer["number"] = failure(lambda: client.lab.greet(1))
with contextlib.redirect_stdout(io.StringIO()) as said:
    client.lab.large()
answer["large"] = len(said.getvalue())`,
    );

    expect(answer).toEqual({
      code: 3,
      slow: 199,
      refused: [expect.arrayContaining(["ValueError"]), expect.stringContaining("PATH is refused")],
      number: [expect.arrayContaining(["ValueError"]), expect.any(String)],
      large: 10_000_000,
    });
  });

  it("ends a method whose caller has died", async () => {
    await using caller = startPython("j", ["lab", "stay"], { host: exporter.host });
    const pid = Number(/pid (\d+)/.exec(await caller.printed(/pid \d+\n/))?.[1]);

    caller.kill();

    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });
});

describe("an exporter that is killed", () => {
  it("leaves none of its methods running", async () => {
    const directory = await mkdtemp(join(tmpdir(), "jumpstarter-shell-"));
    try {
      const configFile = join(directory, "exporter.yaml");
      const head =
        "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: { namespace: default, name: ours }\n";
      await writeFile(configFile, `${head}${yaml}`);
      await using exporter = await spawnExporter({ configFile, cwd: import.meta.dirname });
      await using session = await connect({ host: exporter.host });
      const output = session.device("lab").as(shell).stream("stay")[Symbol.asyncIterator]();
      const said = await output.next();
      const pid = Number(/pid (\d+)/.exec(said.value?.stdout ?? "")?.[1]);
      expect(isAlive(pid)).toBe(true);

      process.kill(exporter.pid, "SIGKILL");

      await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
      await expect(output.next()).rejects.toMatchObject({ code: "unavailable" });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
