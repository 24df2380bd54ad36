import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { describe, expect, it } from "vitest";

import { loadExporterConfig, parseExporterConfig } from "./exporter-config.ts";

const parse = (text: string) => parseExporterConfig(text, { file: "lab/bench.yaml", env: {} });

describe("an exporter's configuration", () => {
  it("has drivers, groups and second names for them, in the order of the file", () => {
    const config = parse(`
apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata: { name: bench-1, namespace: lab }
endpoint: lab.example:443
description: the bench by the window
export:
  power:
    type: "@jumpstarter-ts/driver-power#mock"
    description: the rail
    methods_description: { on: light it up }
    config: { labels: { rack: "3" } }
  group:
    children:
      inner: { type: jumpstarter_driver_power.driver.MockPower }
  again: { ref: group.inner }
`);

    expect(config.metadata).toEqual({ name: "bench-1", namespace: "lab" });
    expect(config.baseDirectory).toBe(resolve("lab"));
    expect(config.description).toBe("the bench by the window");
    expect(Object.keys(config.export)).toEqual(["power", "group", "again"]);
    expect(config.export["power"]).toEqual({
      kind: "driver",
      type: "@jumpstarter-ts/driver-power#mock",
      description: "the rail",
      methodsDescription: { on: "light it up" },
      config: { labels: { rack: "3" } },
      children: {},
    });
    expect(config.export["group"]).toMatchObject({ kind: "group", children: { inner: { kind: "driver" } } });
    expect(config.export["again"]).toEqual({ kind: "ref", ref: "group.inner" });
  });

  it("may be of the older kind, or leave kind, version and metadata out", () => {
    expect(parse("kind: Exporter\nexport: {}").export).toEqual({});

    const config = parse("export: { power: { type: x } }");

    expect(config.metadata).toEqual({ name: "bench", namespace: "default" });
    expect(config.endpoint).toBeUndefined();
    expect(config.tls).toEqual({ ca: undefined, insecure: false });
    expect(config.failureDetection).toEqual({ maxRapidFailures: 5, rapidFailureWindowS: 60 });
  });

  it("takes a missing name from the environment", () => {
    const config = parseExporterConfig("export: {}", {
      file: "bench.yaml",
      env: { JMP_NAME: "from-env", JMP_NAMESPACE: "lab" },
    });

    expect(config.metadata).toEqual({ name: "from-env", namespace: "lab" });
  });

  it("reads hooks in both spellings", () => {
    const { hooks } = parse(`
export: {}
hooks:
  before_lease: { script: "j power on", on_failure: endLease }
  afterLease: { script: ./after.py, timeout: 5 }
`);

    expect(hooks.beforeLease).toEqual({ script: "j power on", exec: undefined, timeoutS: 120, onFailure: "endLease" });
    expect(hooks.afterLease).toMatchObject({ timeoutS: 5, onFailure: "warn" });
  });

  it("resolves anchors and merge keys", () => {
    const config = parse(`
export:
  one: &power { type: relay, config: { baud: 9600 } }
  two: { <<: *power, description: another }
`);

    expect(config.export["two"]).toMatchObject({ type: "relay", config: { baud: 9600 }, description: "another" });
  });

  it.each([
    [
      "an unknown key at the top",
      "export: {}\nhook: {}",
      'lab/bench.yaml:2:1: the configuration has the unknown key "hook"; did you mean "hooks"?',
    ],
    [
      "an unknown key of an entry",
      "export:\n  power:\n    tpye: x",
      'lab/bench.yaml:3:5: export.power has the unknown key "tpye"; did you mean "type"?',
    ],
    [
      "an unknown key of a nested entry",
      "export:\n  a:\n    children:\n      b:\n        type: x\n        options: {}",
      'lab/bench.yaml:6:9: export.a.children.b has the unknown key "options"; known are type, description, methods_description, config, children, ref',
    ],
    [
      "an unknown key of a hook",
      "export: {}\nhooks:\n  beforeLease: { script: x, timeuot: 3 }",
      'lab/bench.yaml:3:29: hooks.beforeLease has the unknown key "timeuot"; did you mean "timeout"?',
    ],
    [
      "no export",
      "kind: ExporterConfig\nmetadata: { name: x }",
      'lab/bench.yaml:1:1: "export" is missing: list the devices under it by name, each with its "type"',
    ],
    [
      "the kind of another file",
      "kind: ClientConfig\nexport: {}",
      'lab/bench.yaml:1:7: kind is "ClientConfig", but an exporter\'s is ExporterConfig',
    ],
    [
      "another version",
      "apiVersion: v2\nexport: {}",
      'lab/bench.yaml:1:13: apiVersion is "v2": write jumpstarter.dev/v1alpha1',
    ],
    [
      "a value of the wrong type",
      "export:\n  power:\n    type: 5",
      "lab/bench.yaml:3:11: export.power.type is 5: invalid input: expected string, received number",
    ],
    [
      "an entry that is text",
      "export:\n  power: on",
      'lab/bench.yaml:2:10: export.power is "on": invalid input: expected object, received string',
    ],
    [
      "an entry that says nothing",
      "export:\n  power:",
      "lab/bench.yaml:2:9: export.power is null: invalid input: expected object, received null",
    ],
    [
      "options without a driver",
      "export:\n  power:\n    config: {}",
      'lab/bench.yaml:3:5: export.power has "config" but no "type"; give it a "type" or remove it',
    ],
    [
      "a ref with something beside it",
      "export:\n  power:\n    ref: a\n    type: x",
      'lab/bench.yaml:4:5: export.power has "type" beside "ref"; an entry with "ref" has nothing else',
    ],
    [
      "a text that is no map",
      "- power",
      'lab/bench.yaml:1:1: an exporter\'s configuration is a map with "kind: ExporterConfig" and "export"',
    ],
    [
      "an empty file",
      "",
      'lab/bench.yaml:1:1: an exporter\'s configuration is a map with "kind: ExporterConfig" and "export"',
    ],
  ])("says in one sentence that it has %s", (_case, text, sentence) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ message: sentence, code: "invalid-argument" }));
  });

  it.each([
    ["a wrong indentation", "export:\n  power:\n type: x\n"],
    ["a quote that is not closed", 'export:\n  power: { type: "x }'],
    ["a key twice", "export:\n  a: { type: x }\n  a: { type: y }"],
    ["a name for nothing", "export: { a: *nothing }"],
  ])("names the line of %s", (_case, text) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^lab\/bench\.yaml:\d+:\d+: this is not YAML \([^\n]+\); mend the syntax here$/),
        reason: "CONFIG_SYNTAX",
      }),
    );
  });

  it("refuses a file that grows without end through its aliases", () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level}, `.repeat(9)}]`,
    );
    const bomb = ["l0: &l0 [x]", ...levels, "export: {}"].join("\n");

    expect(() => parse(bomb)).toThrow(expect.objectContaining({ reason: "CONFIG_SYNTAX" }));
  });

  it("refuses more than 1 MiB", () => {
    expect(() => parse(`export: {}\n#${"x".repeat(1024 ** 2)}`)).toThrow(
      expect.objectContaining({ reason: "CONFIG_TOO_LARGE" }),
    );
  });
});

describe("an exporter's file", () => {
  it("is read with relative paths starting from its directory", async () => {
    const directory = await mkdtemp(join(tmpdir(), "config-"));
    try {
      const file = join(directory, "bench.yaml");
      await writeFile(file, "export: {}");

      expect(await loadExporterConfig(file)).toMatchObject({ file, baseDirectory: directory });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("that is not there, or is no file, is named", async () => {
    await expect(loadExporterConfig("/nowhere/bench.yaml")).rejects.toMatchObject({
      message: "/nowhere/bench.yaml does not exist: check the path",
      code: "not-found",
    });
    await expect(loadExporterConfig(tmpdir())).rejects.toMatchObject({ reason: "CONFIG_NOT_A_FILE" });
  });
});
