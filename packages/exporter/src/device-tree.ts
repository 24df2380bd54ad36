import {
  type DriverInstance,
  type DriverInstances,
  type DriverRegistry,
  type ExporterConfig,
} from "@jumpstarter-ts/config";
import {
  contract,
  defineDriver,
  implement,
  isJumpstarterError,
  JumpstarterError,
  messageOf,
  serve,
  within,
  type DriverScope,
  type Implementation,
  type Scope,
  type ServedDriver,
} from "@jumpstarter-ts/core";
import { LogSource } from "@jumpstarter-ts/protocol";

import { createDevice, type Device, type DeviceOptions } from "./device.ts";
import { describeOptions, splitOptions, type CommonOptions } from "./driver-options.ts";
import { createLogger, type LogRecord } from "./log-queue.ts";
import { find, referenceError, resolveReferences, type Reference } from "./reference.ts";

export interface OpenTreeOptions {
  readonly config: ExporterConfig;
  readonly baseDirectory: string;
  readonly registry: DriverRegistry;
  /** Closes what is opened. */
  readonly scope: Scope;
  readonly log: (record: LogRecord) => void;
}

/** Opens every driver of a configuration, children before their parents, and puts the root above them. */
export async function openTree(options: OpenTreeOptions): Promise<Device> {
  const { config } = options;
  const root = createDevice(serve(group, {}), "", { description: config.description });
  const tree: Tree = { ...options, root, references: [], started: new Set(), devices: new Map() };
  // The root itself keeps a place in the order until the entry there is open.
  for (const name of Object.keys(config.export)) root.children.set(name, root);
  for (const name of Object.keys(config.export)) await openTop(tree, name);
  resolveReferences(tree);
  checkTree(tree, root, []);
  return root;
}

/** Upstream's group; the exporter has its own so that it depends on no driver. */
const group = defineDriver({
  contract: contract({ name: "composite", label: "jumpstarter_driver_composite.client.CompositeClient" }),
  client: () => ({}),
});
const groupType = "jumpstarter_driver_composite.driver.Composite";
const proxyType = "jumpstarter_driver_composite.driver.Proxy";

interface Tree extends OpenTreeOptions {
  readonly root: Device;
  readonly references: Reference[];
  /** The entries of `export` that are open, or about to be. */
  readonly started: Set<string>;
  /** A driver may hand its children on; each is one device. */
  readonly devices: Map<ServedDriver, Device>;
}

/** Opens an entry of `export`, in its turn or because another one refers to it. */
async function openTop(tree: Tree, name: string): Promise<void> {
  const entry = Object.hasOwn(tree.config.export, name) ? tree.config.export[name] : undefined;
  if (entry === undefined || tree.started.has(name)) return;
  tree.started.add(name);
  await openInto(tree, tree.root.children, ["export", name], entry);
}

async function openEntries(
  tree: Tree,
  siblings: Map<string, Device>,
  path: readonly string[],
  entries: DriverInstances,
): Promise<void> {
  for (const [name, entry] of Object.entries(entries)) await openInto(tree, siblings, [...path, name], entry);
}

async function openInto(
  tree: Tree,
  siblings: Map<string, Device>,
  path: readonly string[],
  entry: DriverInstance,
): Promise<void> {
  const name = path.at(-1) ?? "";
  const target = referenceOf(entry);
  if (target === undefined) {
    siblings.set(name, await openEntry(tree, path, entry));
    return;
  }
  await openTop(tree, target.split(".", 1)[0] ?? target);
  const found = find(tree.root, target);
  if (found === undefined) tree.references.push({ target, siblings, name, path });
  siblings.set(name, found ?? tree.root);
}

function referenceOf(entry: DriverInstance): string | undefined {
  if (entry.kind === "ref") return entry.ref;
  if (entry.kind === "group" || entry.type !== proxyType) return undefined;
  const { ref } = entry.config;
  return typeof ref === "string" ? ref : undefined;
}

async function openEntry(tree: Tree, path: readonly string[], entry: DriverInstance): Promise<Device> {
  if (entry.kind === "ref") return tree.root;
  const children = new Map<string, Device>();
  await openEntries(tree, children, [...path, "children"], entry.children);
  if (entry.kind === "group") {
    return addDevice(tree, serve(group, {}), path, { description: entry.description, children });
  }
  const { common, own } = splitOptions(entry.config, { config: tree.config, path });
  const implementation = await implementationOf(tree, path, entry.type);
  const driver = await openDriver(tree, path, { implementation, common, own, children });
  const { description, methodsDescription } = entry;
  const { uuid, labels } = common;
  return addDevice(tree, driver, path, { uuid, labels, description, methodsDescription, children });
}

async function implementationOf(tree: Tree, path: readonly string[], type: string): Promise<Implementation> {
  try {
    return await tree.registry.implementation(type);
  } catch (cause) {
    const isMissing = isJumpstarterError(cause) && cause.reason === "DRIVER_NOT_INSTALLED";
    if (isMissing && type === groupType) return openGroup;
    throw placed(tree, [...path, "type"], path, cause);
  }
}

const openGroup: Implementation = implement(
  group,
  {
    "~standard": {
      version: 1,
      vendor: "jumpstarter",
      validate: (value) =>
        Object.keys(Object(value)).length === 0 ? { value } : { issues: [{ message: "a group has no options" }] },
    },
  },
  () => ({}),
);

interface Opening {
  readonly implementation: Implementation;
  readonly common: CommonOptions;
  readonly own: Readonly<Record<string, unknown>>;
  readonly children: ReadonlyMap<string, Device>;
}

async function openDriver(tree: Tree, path: readonly string[], opening: Opening): Promise<ServedDriver> {
  const { implementation, common, own, children } = opening;
  const name = dotted(path);
  const log = createLogger(tree.log, {
    logger: `driver.${name}`,
    level: common.logLevel,
    source: LogSource.LOG_SOURCE_DRIVER,
  });
  const scope: DriverScope = {
    ...tree.scope.child(name),
    log,
    baseDirectory: tree.baseDirectory,
    children: Object.fromEntries(
      [...children].filter(([, { path }]) => path !== "").map(([name, { driver }]) => [name, driver]),
    ),
  };
  try {
    const { signal } = tree.scope;
    signal.throwIfAborted();
    // A driver that hangs while it opens must not outlast the session; what it still opens its scope closes at once.
    return await within(implementation.open(own, scope), { signal, what: `the opening of ${name}` });
  } catch (cause) {
    const isSchema = isJumpstarterError(cause) && cause.reason === "SCHEMA_MISMATCH";
    const wrong = isSchema
      ? await describeOptions(implementation.options, own, { config: tree.config, path })
      : undefined;
    throw wrong ?? placed(tree, path, path, cause);
  }
}

function addDevice(tree: Tree, driver: ServedDriver, path: readonly string[], options: DeviceOptions = {}): Device {
  const device = createDevice(driver, dotted(path), options);
  tree.devices.set(driver, device);
  for (const [name, child] of Object.entries(driver.children)) {
    const known = tree.devices.get(child);
    device.children.set(name, known ?? addDevice(tree, child, [...path, "children", name]));
  }
  return device;
}

/** No device below itself, and every child there that a contract promises. */
function checkTree(tree: Tree, device: Device, above: readonly Device[]): void {
  const place = tree.config.placeOf(
    device.path.split(".").flatMap((name, depth) => [depth === 0 ? "export" : "children", name]),
  );
  if (above.includes(device)) {
    throw referenceError(`${place}: export.${device.path} is reachable from below itself: remove that "ref"`);
  }
  const known = [...device.children.keys()];
  const missing = Object.keys(device.driver.contract.children).find((name) => !device.children.has(name));
  if (missing !== undefined) {
    const seen = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
    throw new JumpstarterError(
      `${place}: export.${device.path} needs a child named ${JSON.stringify(missing)}, and ${seen}: add it under "children"`,
      { code: "invalid-argument", reason: "CHILD_MISSING" },
    );
  }
  for (const child of device.children.values()) checkTree(tree, child, [...above, device]);
}

/** `export.grp.children.power` is `grp.power`. */
function dotted([, ...path]: readonly string[]): string {
  return path.filter((_step, index) => index % 2 === 0).join(".");
}

function placed(tree: Tree, at: readonly string[], path: readonly string[], cause: unknown): JumpstarterError {
  const { code, reason } = isJumpstarterError(cause)
    ? cause
    : ({ code: "internal", reason: "DRIVER_OPEN_FAILED" } as const);
  return new JumpstarterError(`${tree.config.placeOf(at)}: ${path.join(".")} cannot be opened: ${messageOf(cause)}`, {
    code,
    reason,
    cause,
  });
}
