import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { createBenchDirectory } from "../../test/bench-config.ts";
import { createTestIo, type TestIo } from "../../test/test-io.ts";
import { runProgram } from "../program.ts";
import { jmp } from "./jmp.ts";

let home: string;

beforeEach(() => {
  const directory = createBenchDirectory();
  onTestFinished(() => directory[Symbol.dispose]());
  home = directory.path;
});

async function run(line: string): Promise<TestIo["seen"] & { readonly code: number }> {
  const io = createTestIo({ env: { JMP_CLIENT_CONFIG_HOME: home } });
  const code = await runProgram(jmp, line.split(" "), io, { usageCode: 2 });
  return { code, ...io.seen };
}

const create = (alias: string): string =>
  `config client create ${alias} --namespace lab --name ${alias} --endpoint lab.example:8082 --token t0p --allow jumpstarter_driver_* -o path`;

describe("jmp config client", () => {
  it("creates private files, the first of which becomes the current client", async () => {
    const file = join(home, "clients", "alice.yaml");
    expect(await run(create("alice"))).toEqual({ code: 0, stdout: `${file}\n`, stderr: "" });
    await run(create("bob"));

    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await run("config client list")).stdout).toBe(`CURRENT  ALIAS  ENDPOINT          PATH
*        alice  lab.example:8082  ${home}/clients/alice.yaml
         bob    lab.example:8082  ${home}/clients/bob.yaml
`);
  });

  it("changes the current client, and goes on with the next when it is deleted", async () => {
    await run(create("alice"));
    await run(create("bob"));

    expect((await run("config client use bob")).stderr).toBe("The current client is bob.\n");
    expect((await run("config client delete bob")).stderr).toBe(
      "Client bob is deleted. The current client is alice.\n",
    );
    expect((await run("config client list -o name")).stdout).toBe("alice\n");
  });

  it("lists in upstream's shape for programs, but for the tokens", async () => {
    await run(create("alice"));

    const { stdout } = await run("config client list -o json");
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "ClientConfigList",
      currentConfig: "alice",
      items: [
        { alias: "alice", metadata: { namespace: "lab", name: "alice" }, drivers: { allow: ["jumpstarter_driver_*"] } },
      ],
    });
    expect(stdout).not.toContain("t0p");
    expect((await run("config client list -o yaml")).stdout).toContain("currentConfig: alice\n");
  });

  it("says so where there are none", async () => {
    expect(await run("config client list")).toEqual({ code: 0, stdout: "No resources found.\n", stderr: "" });
  });

  it("has its older names", async () => {
    await run(create("alice").replace("config client create", "client create"));
    await run("client use-config alice");
    expect((await run("client list-configs -o name")).stdout).toBe("alice\n");
    expect((await run("client delete-config alice -o path")).stdout).toBe(`${home}/clients/alice.yaml\n`);
  });

  it("answers a listing with an entry it cannot read, and a warning", async () => {
    await run(create("alice"));
    writeFileSync(
      join(home, "clients", "broken.yaml"),
      "kind: ClientConfig\nmetadata: { namespace: lab, name: broken }\nendpiont: lab:1\n",
      { mode: 0o600 },
    );

    const { stdout, stderr, code } = await run("config client list");
    expect(code).toBe(0);
    expect(stdout).toMatch(/broken +\(not valid\)/);
    expect(stderr).toContain('unknown key "endpiont"; did you mean "endpoint"?');
  });
});

describe("jmp config exporter", () => {
  it("creates, lists and deletes", async () => {
    const file = join(home, "exporters", "default.yaml");
    expect((await run("config exporter create -o path")).stdout).toBe(`${file}\n`);
    expect((await run("config exporter list")).stdout).toBe(`ALIAS    PATH\ndefault  ${file}\n`);
    expect(JSON.parse((await run("exporter list -o json")).stdout)).toMatchObject({
      kind: "ExporterConfigList",
      items: [{ alias: "default", path: file, export: {} }],
    });
    expect((await run("config exporter delete default")).code).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it("opens the file in the editor, and tells what is wrong with what was written", async () => {
    await run("config exporter create bench");
    const io = createTestIo({
      env: { ...process.env, JMP_CLIENT_CONFIG_HOME: home, VISUAL: "", EDITOR: `sed -i s/export:/exprot:/` },
    });

    const code = await runProgram(jmp, ["config", "exporter", "edit", "bench"], io, { usageCode: 2 });

    expect(readFileSync(join(home, "exporters", "bench.yaml"), "utf8")).toContain("exprot:");
    expect([code, io.seen.stderr]).toEqual([1, expect.stringContaining('"export" is missing')]);
  });
});

describe("jmp for programs", () => {
  it("tells its version", async () => {
    expect((await run("version")).stdout).toMatch(/^Jumpstarter v\d+\.\d+\.\d+ from \S+ \(Node v\d+.*\)\n$/);
    expect(JSON.parse((await run("version -o json")).stdout)).toMatchObject({ nodeVersion: process.version });
    expect((await run("ver -o name")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("lists the drivers of the installed packages", async () => {
    const { stdout } = await run("driver list");
    expect(stdout).toMatch(/^NAME +TYPE\n/);
    expect(stdout).toMatch(/^MockPower +jumpstarter_driver_power\.driver\.MockPower$/m);
    expect(stdout).toMatch(/^mock +@jumpstarter-ts\/driver-power#mock$/m);
  });

  it.each(["login", "get", "create", "update", "delete", "auth", "admin"])(
    "says that %s needs a controller",
    async (name) => {
      const { code, stdout, stderr } = await run(`${name} exporters --selector board=a -o yaml`);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(`jmp ${name} needs a lab's controller, which this version cannot reach yet`);
    },
  );
});
