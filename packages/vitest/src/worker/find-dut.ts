import { allDevices, deviceTree, type Device } from "@jumpstarter-ts/client";
import { isJumpstarterError, JumpstarterError, type AnyDefinition } from "@jumpstarter-ts/core";

/** Definitions by the names of the devices that a test needs. */
export type Definitions = Readonly<Record<string, AnyDefinition>>;

/** The clients of a tree: all of it, or of the devices that were asked for, wherever they are in it. */
export function findDut(root: Device, definitions: Definitions | undefined, exporter: string): object {
  if (definitions === undefined) return deviceTree(root);
  const clients = Object.entries(definitions).map(([name, definition]) => {
    const device = nearest(root, name);
    if (device === undefined) throw mismatch(root, definitions, exporter);
    try {
      return [name, device.as(definition)] as const;
    } catch (error) {
      if (!isJumpstarterError(error) || error.reason !== "DEVICE_KIND_MISMATCH") throw error;
      throw mismatch(root, definitions, exporter);
    }
  });
  return Object.freeze(Object.fromEntries(clients));
}

/** The device of this name that is the least deep in the tree. */
function nearest(root: Device, name: string): Device | undefined {
  const depth = ({ path }: Device): number => path.split(".").length;
  return [...allDevices(root)].filter((device) => device.name === name).toSorted((a, b) => depth(a) - depth(b))[0];
}

function mismatch(root: Device, definitions: Definitions, exporter: string): JumpstarterError {
  const expected = Object.entries(definitions).map(([name, { contract }]) => `${name}: ${contract.name}`);
  const actual = [...allDevices(root)]
    .filter(({ path }) => path !== "")
    .map(({ path, definition, label }) => `${path}: ${definition?.contract.name ?? (label || "unknown")}`);
  return new JumpstarterError(
    `${exporter} is not what the test needs: expected { ${expected.join(", ")} }, it has { ${actual.join(", ")} }; rename the entries of its configuration, or name others in dutTest`,
    { code: "not-found", reason: "DUT_MISMATCH" },
  );
}
