import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serveDriver } from "@jumpstarter-ts/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { shell, type ShellOutput } from "./client.ts";
import { openShell } from "./driver.ts";

/** A lab with these methods. */
function openLab(methods: Readonly<Record<string, unknown>>, options: Readonly<Record<string, unknown>> = {}) {
  return serveDriver(openShell, { definition: shell, options: { methods, ...options }, baseDirectory: tmpdir() });
}

describe("the shell of a lab", () => {
  it("runs a method with arguments and variables, and tells how it ended", async () => {
    await using lab = await openLab({
      greet: 'echo "$0: $1 and $2, level $LEVEL"; echo careful >&2; exit 3',
    });

    const result = await lab.client.run("greet", ["a b", "$(c)"], { env: { LEVEL: "2" } });

    expect(result).toEqual({ stdout: "greet: a b and $(c), level 2\n", stderr: "careful\n", exitCode: 3 });
  });

  it("lists its methods, and describes those that the lab has described", async () => {
    await using lab = await openLab({ mast_up: { command: "true", description: "Raise the mast" }, down: "true" });

    await expect(lab.client.methods()).resolves.toEqual(["mast_up", "down"]);
    expect(lab.device.methods.get("mast_up")).toBe("Raise the mast");
  });

  it("tells what a method says while it runs", async () => {
    await using lab = await openLab({ ask: "mkfifo $1; echo ready; read -r line < $1; echo $line" });
    await using place = await directory();
    const fifo = join(place.path, "fifo");
    const said: ShellOutput[] = [];

    for await (const output of lab.client.stream("ask", [fifo])) {
      said.push(output);
      // Only who was told can let it go on.
      if (output.stdout === "ready\n") await writeFile(fifo, "go\n");
    }

    expect(said.map(({ stdout }) => stdout).join("")).toBe("ready\ngo\n");
    expect(said.at(-1)?.exitCode).toBe(0);
  });

  it("says a signal that ended a method as Python does", async () => {
    await using lab = await openLab({ crash: "kill -SEGV $$" });
    await expect(lab.client.run("crash")).resolves.toMatchObject({ exitCode: -11 });
  });

  it("gives a method nothing to read, so that it cannot wait for it", async () => {
    await using lab = await openLab({ read: "cat; echo done" });
    await expect(lab.client.run("read")).resolves.toMatchObject({ stdout: "done\n", exitCode: 0 });
  });

  it("runs where it is told, from the configuration's directory on, with the shell that it is told", async () => {
    await using place = await directory();
    const options = { cwd: place.path.slice(tmpdir().length + 1), shell: ["sh", "-e", "-c"] };
    await using lab = await openLab({ where: "pwd; false; echo not reached" }, options);

    const { stdout, exitCode } = await lab.client.run("where");

    expect([stdout, exitCode]).toEqual([`${await realpath(place.path)}\n`, 1]);
  });

  it("keeps every character whole and every argument as it is", async () => {
    await using lab = await openLab({ echo: 'printf "%s" "$1"', slowly: 'printf "\\303"; sleep 0.1; printf "\\244"' });
    const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((each) => !each.includes("\0"));

    await fc.assert(
      fc.asyncProperty(text, async (word) => {
        expect((await lab.client.run("echo", [word])).stdout).toBe(word);
      }),
      { numRuns: 15 },
    );
    await expect(lab.client.run("slowly")).resolves.toMatchObject({ stdout: "ä" });
  });

  it("does not wait for what a method has put into the background", { timeout: 10_000 }, async () => {
    await using lab = await openLab({ serve: "sleep 60 & echo $!" });

    const { stdout, exitCode } = await lab.client.run("serve");

    expect(exitCode).toBe(0);
    // It lives on, as the lab wanted.
    process.kill(Number(stdout), "SIGKILL");
  });

  it.each([
    ["an unknown method", "absent", [], {}, "SHELL_METHOD_UNKNOWN"],
    ["a variable that finds programs", "greet", [], { PATH: "/tmp" }, "SHELL_VARIABLE_REFUSED"],
    [
      "a variable with which bash runs what another one holds",
      "greet",
      [],
      { SHELLOPTS: "xtrace" },
      "SHELL_VARIABLE_REFUSED",
    ],
    ["a variable that bash may run", "greet", [], { PS4: "$(touch /tmp/x)" }, "SHELL_VARIABLE_REFUSED"],
    [
      "a variable that gives a program more options",
      "greet",
      [],
      { NODE_OPTIONS: "--import=x" },
      "SHELL_VARIABLE_REFUSED",
    ],
    [
      "a variable from whose place Python loads code",
      "greet",
      [],
      { PYTHONUSERBASE: "/tmp" },
      "SHELL_VARIABLE_REFUSED",
    ],
    ["a variable with which Perl loads a debugger", "greet", [], { PERL5DB: "BEGIN{}" }, "SHELL_VARIABLE_REFUSED"],
    ["a variable of the dynamic linker", "greet", [], { LD_AUDIT: "x" }, "SHELL_VARIABLE_REFUSED"],
    ["a function for bash", "greet", [], { "BASH_FUNC_ls%%": "() { :; }" }, "SHELL_VARIABLE_INVALID"],
    ["a variable without a name", "greet", [], { "": "x" }, "SHELL_VARIABLE_INVALID"],
    ["a zero byte", "greet", ["a\0b"], {}, "SHELL_ZERO_BYTE"],
    ["arguments longer than the system takes", "greet", ["x".repeat(3_000_000)], {}, "SHELL_ARGUMENTS_TOO_LONG"],
  ])("refuses %s", async (_what, method, args, env: Record<string, string>, reason) => {
    await using lab = await openLab({ greet: "echo hello" });
    await expect(lab.client.run(method, args, { env })).rejects.toMatchObject({ code: "invalid-argument", reason });
  });

  it("says what the exporter lacks", async () => {
    await using nowhere = await openLab({ greet: "true" }, { cwd: "not/here" });
    await using shellless = await openLab({ greet: "true" }, { shell: ["no-such-shell"] });
    await expect(nowhere.client.run("greet")).rejects.toMatchObject({ reason: "SHELL_DIRECTORY_MISSING" });
    await expect(shellless.client.run("greet")).rejects.toMatchObject({ reason: "SHELL_NOT_INSTALLED" });
  });

  it.each([
    [{ methods: { greet: " " } }],
    [{ methods: { greet: { description: "no command" } } }],
    [{ methods: { greet: { command: "true", timeout: 0 } } }],
    [{ methods: {}, shell: [] }],
    [{}],
  ])("refuses the options %j", async (options) => {
    const opening = serveDriver(openShell, { definition: shell, options });
    await expect(opening).rejects.toMatchObject({ reason: "DRIVER_OPTION_INVALID" });
  });
});

async function directory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "jumpstarter-shell-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
