import { describe, expect, it } from "vitest";

import { openBench } from "../test/bench.ts";
import { drivers } from "../test/lamps.ts";

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
      "a name that is spelt wrong, and is missed therefore",
      "export:\n  left:\n    type: safe\n    config:\n      pasword: open sesame",
      '/lab/bench.yaml:5:7: export.left.config has the unknown option "pasword"; did you mean "password"?',
      "DRIVER_OPTION_INVALID",
    ],
    [
      "a secret of the wrong type, which is not shown",
      "export:\n  left:\n    type: safe\n    config:\n      password: 123456",
      "/lab/bench.yaml:5:17: export.left.config.password is a secret of type number: invalid input: expected string, received number",
      "DRIVER_OPTION_INVALID",
    ],
    [
      "a secret in a value of the wrong type",
      "export:\n  left:\n    type: safe\n    config:\n      password: x\n      owner: { name: me, api_key: 42 }",
      '/lab/bench.yaml:6:14: export.left.config.owner is {"name":"me","api_key":"(not shown)"}: invalid input: expected string, received object',
      "DRIVER_OPTION_INVALID",
    ],
    [
      "a name that something else has",
      "export:\n  left:\n    type: safe\n    config:\n      password: x\n      drawers: { door: 1 }",
      "/lab/bench.yaml:6:18: export.left.config.drawers.door cannot have that name: every safe has one already",
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
