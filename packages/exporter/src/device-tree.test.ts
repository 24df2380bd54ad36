import { describe, expect, it } from "vitest";

import { openBench, type BenchOptions } from "../test/bench.ts";
import { drivers } from "../test/lamps.ts";
import { createProbe } from "../test/probe.ts";

async function tree(yaml: string, options: Partial<BenchOptions> = {}) {
  const bench = await openBench({ yaml, drivers: drivers(), ...options });
  const { reports } = await bench.report();
  const paths = reports.map(({ uuid, parentUuid, labels }) => ({
    name: labels.get("jumpstarter.dev/name"),
    client: labels.get("jumpstarter.dev/client"),
    parent: parentUuid,
    uuid,
  }));
  return { ...bench, reports, paths, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

describe("the report of an exporter", () => {
  it("lists parents before their children, depth first, under one group", async () => {
    await using bench = await tree(`
description: the bench by the window
export:
  a: { type: lamp, description: the left one }
  group: { children: { b: { type: lamp }, deep: { children: { c: { type: lamp } } } } }
  d: { type: lamp }
`);

    const [root, ...rest] = bench.reports;
    expect(root?.description).toBe("the bench by the window");
    expect(root?.parentUuid).toBeUndefined();
    expect([...(root?.labels ?? [])]).toEqual([
      ["jumpstarter.dev/client", "jumpstarter_driver_composite.client.CompositeClient"],
    ]);
    expect(bench.paths.map(({ name }) => name)).toEqual([undefined, "a", "group", "b", "deep", "c", "d"]);
    const known = new Set([root?.uuid]);
    for (const { uuid, parentUuid } of rest) {
      expect(known).toContain(parentUuid);
      known.add(uuid);
    }
    expect(rest[0]?.description).toBe("the left one");
  });

  it("has the driver's client label, labels and help texts, and those of the configuration", async () => {
    await using bench = await tree(`
export:
  a:
    type: lamp
    methods_description: { on: Light the left one }
    config: { watts: 7, labels: { rack: "3" }, uuid: 6B6E8F20-0000-4000-8000-000000000001, log_level: DEBUG }
`);
    const report = await bench.find("a");

    expect(Object.fromEntries(report.labels)).toEqual({
      rack: "3",
      "jumpstarter.dev/client": "acme.client.Lamp",
      "jumpstarter.dev/name": "a",
    });
    // No text for `blink`, which this driver leaves out.
    expect(Object.fromEntries(report.methodsDescription)).toEqual({ on: "Light the left one", "dim-to": "Dim it" });
    expect(report.uuid).toBe("6b6e8f20-0000-4000-8000-000000000001");
  });

  it("has the driver's own commands by their names as they are, in the configuration's words", async () => {
    await using bench = await tree(`
export:
  a:
    type: switchboard
    methods_description: { led_off: Darken the left LED, dim_to: Dim the left one }
`);
    const report = await bench.find("a");

    expect(Object.fromEntries(report.methodsDescription)).toEqual({
      on: "Light it",
      "dim-to": "Dim the left one",
      led_on: "Light the LED",
      led_off: "Darken the left LED",
    });
  });

  it("repeats the target of a second name, with its subtree and its uuids", async () => {
    await using bench = await tree(`
export:
  again: { ref: group.inner }
  group: { children: { inner: { children: { x: { type: lamp } } } } }
  more: { ref: again }
  proxy: { type: jumpstarter_driver_composite.driver.Proxy, config: { ref: group.inner.x } }
`);

    expect(bench.paths.map(({ name }) => name)).toEqual([
      undefined,
      "again",
      "x",
      "group",
      "inner",
      "x",
      "more",
      "x",
      "proxy",
    ]);
    const [again, inner, more] = ["again", "inner", "more"].map((name) =>
      bench.paths.find((each) => each.name === name),
    );
    expect(again?.uuid).toBe(inner?.uuid);
    expect(more?.uuid).toBe(inner?.uuid);
    expect(
      new Set(bench.paths.filter(({ name }) => name === "x" || name === "proxy").map(({ uuid }) => uuid)).size,
    ).toBe(1);
  });

  it("finds the target of a second name inside a group, also one that comes later", async () => {
    await using bench = await tree("export: { group: { children: { light: { ref: lamp } } }, lamp: { type: lamp } }");

    expect(bench.paths.map(({ name }) => name)).toEqual([undefined, "group", "light", "lamp"]);
    expect(await bench.call("group.light", "on")).toBeNull();
  });

  it("has the children that a driver makes by itself, and they can be called", async () => {
    await using bench = await tree("export: { board: { type: board }, light: { ref: board.lamp } }");

    expect(bench.paths.map(({ name }) => name)).toEqual([undefined, "board", "lamp", "light"]);
    expect(await bench.call("board.lamp", "on")).toBeNull();
    expect(await bench.call("light", "on")).toBeNull();
  });

  it("knows upstream's group without a package for it", async () => {
    await using bench = await tree(`
export:
  group: { type: jumpstarter_driver_composite.driver.Composite, children: { a: { type: lamp } } }
`);

    expect(bench.paths.map(({ name }) => name)).toEqual([undefined, "group", "a"]);
  });
});

describe("the drivers of an exporter", () => {
  it("are opened children first, and closed in reverse", async () => {
    const events: string[] = [];
    const bench = await openBench({
      yaml: "export: { one: { type: bare, children: { lamp: { type: lamp } } }, two: { type: lamp } }",
      drivers: drivers(events),
    });

    await bench.exporter.close();

    expect(events).toEqual([
      "open bench/one.lamp",
      "open bench/one with lamp",
      "open bench/two",
      "close bench/two",
      "close bench/one.lamp",
    ]);
    await bench[Symbol.asyncDispose]();
  });

  it.each([
    ["before", "export: { light: { type: lamp }, one: { type: bare, children: { lamp: { ref: light } } } }"],
    ["after", "export: { one: { type: bare, children: { lamp: { ref: light } } }, light: { type: lamp } }"],
  ])("may be handed a child that is another entry, which stands %s them", async (_where, yaml) => {
    const events: string[] = [];
    await using _bench = await openBench({
      yaml,
      drivers: drivers(events),
    });

    expect(events).toEqual(["open bench/light", "open bench/one with lamp"]);
  });

  it("are closed again when one of them cannot be opened", async () => {
    const probe = createProbe();

    await expect(
      openBench({
        yaml: "export:\n  probe: { type: probe }\n  left:\n    type: burnt\n",
        drivers: { ...drivers(), probe: probe.implementation },
      }),
    ).rejects.toMatchObject({
      message: "/lab/bench.yaml:4:5: export.left cannot be opened: there is no lamp in the socket",
      code: "unavailable",
      reason: "LAMP_ABSENT",
    });
    expect(probe.events).toEqual(["driver closed"]);
  });
});
