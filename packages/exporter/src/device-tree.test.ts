import {
  contract,
  defineDriver,
  implement,
  JumpstarterError,
  serve,
  unary,
  type Implementation,
} from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { openBench, type BenchOptions } from "../test/bench.ts";
import { createProbe } from "../test/probe.ts";

const lamp = defineDriver({
  contract: contract({
    name: "lamp",
    label: "acme.client.Lamp",
    methods: {
      on: unary({ help: "Light it" }),
      dim_to: unary({ help: "Dim it" }),
      blink: unary({ isOptional: true, help: "Blink" }),
    },
  }),
  client: () => ({}),
});

const board = defineDriver({
  contract: contract({ name: "board", label: "acme.client.Board", children: { lamp } }),
  client: () => ({}),
});

/** Drivers that write down when they open and close. */
function drivers(events: string[] = []): Record<string, Implementation> {
  const openLamp = implement(
    lamp,
    z
      .strictObject({ watts: z.number().default(5), socket: z.object({ kind: z.enum(["E14", "E27"]) }).optional() })
      .default({ watts: 5 }),
    (_options, scope) => {
      events.push(`open ${scope.name}`);
      scope.defer(() => events.push(`close ${scope.name}`));
      scope.log.debug("too much to say");
      scope.log.info("ready");
      return { on: () => undefined, dim_to: () => undefined };
    },
  );
  return {
    lamp: openLamp,
    burnt: implement(lamp, z.strictObject({}), () => {
      throw new JumpstarterError("there is no lamp in the socket", { code: "unavailable", reason: "LAMP_ABSENT" });
    }),
    broken: implement(lamp, z.strictObject({}), () => {
      throw new TypeError("cannot read the datasheet");
    }),
    /** Makes its child by itself. */
    board: implement(board, z.strictObject({}), () =>
      serve(board, {}, { children: { lamp: serve(lamp, { on: () => undefined, dim_to: () => undefined }) } }),
    ),
    /** Takes its child from the configuration. */
    bare: implement(board, z.strictObject({}), (_options, scope) => {
      events.push(`open ${scope.name} with ${Object.keys(scope.children).join()}`);
      return {};
    }),
  };
}

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

describe("a configuration that cannot be served", () => {
  it.each([
    [
      "a driver that is not installed",
      "export:\n  left:\n    type: no.such.Driver",
      "/lab/bench.yaml:3:11: export.left cannot be opened: no installed package has the driver no.such.Driver",
      "DRIVER_NOT_INSTALLED",
    ],
    [
      "an unknown option",
      "export:\n  group:\n    children:\n      left:\n        type: lamp\n        config:\n          wats: 5",
      '/lab/bench.yaml:7:11: export.group.children.left.config has the unknown option "wats"; did you mean "watts"?',
      "DRIVER_OPTION_INVALID",
    ],
    [
      "an option of the wrong type",
      "export:\n  left:\n    type: lamp\n    config:\n      watts: many",
      '/lab/bench.yaml:5:14: export.left.config.watts is "many": invalid input: expected number, received string',
      "DRIVER_OPTION_INVALID",
    ],
    [
      "a wrong value deep inside",
      "export:\n  left:\n    type: lamp\n    config:\n      socket: { kind: E15 }",
      '/lab/bench.yaml:5:23: export.left.config.socket.kind is "E15": invalid option: expected one of "E14"|"E27"',
      "DRIVER_OPTION_INVALID",
    ],
    [
      "a missing part of an option",
      "export:\n  left:\n    type: lamp\n    config:\n      socket: {}",
      '/lab/bench.yaml:5:15: export.left.config.socket.kind is missing: invalid option: expected one of "E14"|"E27"',
      "DRIVER_OPTION_INVALID",
    ],
    [
      "a log level that is none",
      "export:\n  left: { type: lamp, config: { log_level: LOUD } }",
      '/lab/bench.yaml:2:44: export.left.config.log_level is "LOUD": write one of DEBUG, INFO, WARNING, ERROR, CRITICAL',
      "DRIVER_OPTION_INVALID",
    ],
    [
      "labels that are no texts",
      "export:\n  left: { type: lamp, config: { labels: { rack: 3 } } }",
      '/lab/bench.yaml:2:41: export.left.config.labels is {"rack":3}: write a map of names to texts',
      "DRIVER_OPTION_INVALID",
    ],
    [
      "a driver that throws what is not ours",
      "export:\n  left: { type: broken }",
      "/lab/bench.yaml:2:9: export.left cannot be opened: cannot read the datasheet",
      "DRIVER_OPEN_FAILED",
    ],
    [
      "a second name for nothing",
      "export:\n  left: { type: lamp }\n  again: { ref: lfet }",
      '/lab/bench.yaml:3:10: export.again refers to "lfet", but export has no "lfet"; did you mean "left"?',
      "REF_INVALID",
    ],
    [
      "a second name for what a group has not",
      "export:\n  group: { children: { left: { type: lamp } } }\n  again: { ref: group.right }",
      '/lab/bench.yaml:3:10: export.again refers to "group.right", but group has no "right"; known are left',
      "REF_INVALID",
    ],
    [
      "names that lead to each other",
      "export:\n  a: { ref: b }\n  b: { ref: a }",
      '/lab/bench.yaml:3:6: export.b refers to "a", which leads back to itself',
      "REF_INVALID",
    ],
    [
      "a group inside itself",
      "export:\n  group:\n    children:\n      inside: { ref: group }",
      '/lab/bench.yaml:3:5: export.group is reachable from below itself: remove that "ref"',
      "REF_INVALID",
    ],
    [
      "a device without the child that it needs",
      "export:\n  one:\n    type: bare\n    children:\n      lmap: { type: lamp }",
      '/lab/bench.yaml:3:5: export.one needs a child named "lamp", and it has lmap: add it under "children"',
      "CHILD_MISSING",
    ],
  ])("for %s says so in one sentence with the place", async (_case, yaml, message, reason) => {
    await expect(openBench({ yaml, drivers: drivers() })).rejects.toMatchObject({ message, reason });
  });
});
