import { JumpstarterError } from "@jumpstarter-ts/core";

import type { DeviceReport } from "./wire.ts";

/** A device by its position in the tree. A proxy repeats a device, so a uuid may have several positions. */
export interface ReportNode {
  readonly report: DeviceReport;
  /** Empty for the root. */
  readonly name: string;
  /** Dotted from the root; empty for the root. */
  readonly path: string;
  readonly children: Map<string, ReportNode>;
}

/** The label that says which client class upstream uses for a device. */
export const clientLabel = "jumpstarter.dev/client";
const nameLabel = "jumpstarter.dev/name";

/**
 * Builds the tree from the exporter's flat list. A parent is the most recent earlier report with its uuid, because a
 * proxy repeats the whole subtree of its target. Throws `internal` (`REPORT_INVALID`) for a list that is no tree.
 */
export function buildReportTree(reports: readonly DeviceReport[]): ReportNode {
  const latest = new Map<string, ReportNode>();
  let root: ReportNode | undefined;
  for (const report of reports) {
    const parentUuid = report.parentUuid ?? "";
    const parent = latest.get(parentUuid);
    if (parentUuid !== "" && parent === undefined) {
      throw reportError(`device ${report.uuid} comes before its parent ${parentUuid}`);
    }
    if (parent === undefined && root !== undefined) throw reportError("it has more than one root");
    const node = createNode(report, parent);
    root ??= node;
    parent?.children.set(node.name, node);
    latest.set(report.uuid, node);
  }
  if (root === undefined) throw reportError("it lists no device");
  return root;
}

function createNode(report: DeviceReport, parent: ReportNode | undefined): ReportNode {
  if (parent === undefined) return { report, name: "", path: "", children: new Map() };
  const name = report.labels[nameLabel] ?? "";
  if (name === "") throw reportError(`device ${report.uuid} has no name`);
  return { report, name, path: parent.path === "" ? name : `${parent.path}.${name}`, children: new Map() };
}

function reportError(what: string): JumpstarterError {
  return new JumpstarterError(`the exporter's report of its devices is not a tree: ${what}`, {
    code: "internal",
    reason: "REPORT_INVALID",
  });
}
