import { describe, expect, it } from "vitest";

import { nearestName } from "./child-not-found.ts";
import { buildReportTree, type ReportNode } from "./report-tree.ts";
import type { DeviceReport } from "./wire.ts";

function report(uuid: string, parentUuid?: string, name?: string): DeviceReport {
  return {
    uuid,
    parentUuid,
    labels: name === undefined ? {} : { "jumpstarter.dev/name": name },
    methodsDescription: {},
  };
}

const pathsOf = (node: ReportNode): string[] => [node.path, ...[...node.children.values()].flatMap(pathsOf)];

describe("a report tree", () => {
  it("resolves a parent to the most recent report of its uuid", () => {
    const tree = buildReportTree([
      report("root"),
      report("grp", "root", "first"),
      report("leaf", "grp", "power"),
      report("grp", "root", "second"),
      report("leaf", "grp", "power"),
    ]);
    expect(pathsOf(tree)).toEqual(["", "first", "first.power", "second", "second.power"]);
  });

  it("takes an empty parent for none", () => {
    expect(pathsOf(buildReportTree([report("root", "")]))).toEqual([""]);
  });

  it.each([
    ["no device", [], "it lists no device"],
    ["two roots", [report("a"), report("b")], "it has more than one root"],
    ["a child before its parent", [report("a"), report("b", "c", "x")], "device b comes before its parent c"],
    ["a child without a name", [report("a"), report("b", "a")], "device b has no name"],
  ])("refuses %s", (_what, reports, sentence) => {
    expect(() => buildReportTree(reports)).toThrow(sentence);
  });
});

describe("the nearest name", () => {
  it.each([
    ["consle", "console"],
    ["Power", "power"],
    ["serail", "serial"],
    ["camera", undefined],
  ])("of %s is %s", (name, expected) => {
    expect(nearestName(name, ["console", "power", "serial"])).toBe(expected);
  });
});
