import type { DriverInstanceReport } from "@jumpstarter-ts/protocol";

import type { Device } from "./device.ts";

/** The tree as reports: depth first, every parent before its children, a second name as its target's subtree again. */
export function reportDevices(root: Device): DriverInstanceReport[] {
  return reportOf(root);
}

function reportOf(device: Device, name?: string, parent?: Device): DriverInstanceReport[] {
  const { contract } = device.driver;
  const labels = new Map(Object.entries(device.labels));
  labels.set("jumpstarter.dev/client", contract.label);
  if (name !== undefined) labels.set("jumpstarter.dev/name", name);
  const report: DriverInstanceReport = {
    uuid: device.uuid,
    parentUuid: parent?.uuid,
    labels,
    description: device.description === "" ? undefined : device.description,
    methodsDescription: methodsDescription(device),
  };
  return [report, ...[...device.children].flatMap(([name, child]) => reportOf(child, name, device))];
}

/**
 * By command: lower case with dashes, except for what the driver names itself, which stays as it is. The configuration's
 * texts win over the driver's, and those over the contract's.
 */
function methodsDescription({ driver, methodsDescription }: Device): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [name, { help }] of Object.entries(driver.contract.methods)) {
    if (help !== undefined && driver.methods[name] !== undefined) texts.set(commandName(name), help);
  }
  for (const [name, help] of Object.entries(driver.methodsDescription)) texts.set(name, help);
  for (const [name, help] of Object.entries(methodsDescription)) {
    texts.set(Object.hasOwn(driver.methodsDescription, name) ? name : commandName(name), help);
  }
  return texts;
}

function commandName(name: string): string {
  return name.replaceAll("_", "-").toLowerCase();
}
