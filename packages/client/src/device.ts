import {
  JumpstarterError,
  type AnyDefinition,
  type ByteStream,
  type ClientOf,
  type Console,
} from "@jumpstarter-ts/core";

import type { Access } from "./access.ts";
import { childNotFound } from "./child-not-found.ts";
import { powerNote } from "./power-note.ts";
import { createRemote } from "./remote.ts";
import { clientLabel, type ReportNode } from "./report-tree.ts";
import { createUntypedClient } from "./untyped-client.ts";
import type { Wire } from "./wire.ts";

/** One device of a session, at its place in the tree. */
export interface Device {
  /** The exporter's own name for it in this session. A proxy has that of its target. */
  readonly uuid: string;
  /** Its name in its parent; empty for the root. */
  readonly name: string;
  /** Dotted from the root: `grp.power`; empty for the root. */
  readonly path: string;
  /** The upstream client class that the exporter advertises: what kind of device this is. */
  readonly label: string;
  /** As reported, `jumpstarter.dev/…` among them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly description: string | undefined;
  /** Help by method name, as far as the exporter tells. */
  readonly methods: ReadonlyMap<string, string>;
  readonly children: ReadonlyMap<string, Device>;
  /** The installed definition for the label; undefined if no installed package knows it, or it is not allowed. */
  readonly definition: AnyDefinition | undefined;
  /** Of the definition if there is one, else an `UntypedClient`. */
  readonly client: unknown;
  /**
   * The typed client of a definition. Throws `failed-precondition` (`DEVICE_KIND_MISMATCH`) if the device is of a kind
   * that the definition does not understand.
   */
  as<D extends AnyDefinition>(definition: D): ClientOf<D>;
  /** Calls a method by its name on the wire; nothing is checked. */
  call(method: string, ...args: unknown[]): Promise<unknown>;
  /** Calls a method that answers with items; nothing is checked. */
  stream(method: string, ...args: unknown[]): AsyncIterable<unknown>;
  /** Opens a byte stream, by default `connect`. */
  open(method?: string): Promise<ByteStream>;
  /** The child of this name. Throws `not-found` (`DEVICE_NOT_FOUND`) with the names that are there. */
  child(name: string): Device;
}

/** What the devices of a session share. */
export interface DeviceContext {
  readonly wire: Wire;
  readonly access: Access;
  readonly definitions: ReadonlyMap<string, AnyDefinition>;
  console(node: ReportNode, method: string): Console;
  /** Writes an event into the recordings of all consoles. */
  note(text: string): void;
}

export function createDevice(node: ReportNode, context: DeviceContext): Device {
  const { report, name, path } = node;
  const { wire, access } = context;
  const label = report.labels[clientLabel] ?? "";
  const definition = context.definitions.get(label);
  const children = new Map([...node.children].map(([childName, child]) => [childName, createDevice(child, context)]));
  const clients = new Map<AnyDefinition, unknown>();
  const console = (method: string): Console => context.console(node, method);
  const onCalled = (method: string): void => {
    const note = powerNote(label, path, method);
    if (note !== undefined) context.note(note);
  };
  const untyped = createUntypedClient({ wire, access, node, console, onCalled });

  const child = (childName: string): Device => {
    const found = children.get(childName);
    if (found === undefined) throw childNotFound(path, childName, children.keys());
    return found;
  };
  const clientOf = (wanted: AnyDefinition): unknown => {
    if (!clients.has(wanted)) {
      const { contract } = wanted;
      const childClient = (childName: string): unknown => {
        const kind = contract.children[childName];
        return kind === undefined ? child(childName).client : child(childName).as(kind);
      };
      const otherChild = <D extends AnyDefinition>(childName: string, kind: D): ClientOf<D> | undefined =>
        children.get(childName)?.as(kind);
      const remote = createRemote({ wire, access, node, contract, childClient, otherChild, console, onCalled });
      // The remote was made from the definition's own contract, which is the type that its client takes.
      clients.set(wanted, wanted.client(remote as never));
    }
    return clients.get(wanted);
  };

  return {
    uuid: report.uuid,
    name,
    path,
    label,
    labels: report.labels,
    description: report.description,
    methods: new Map(Object.entries(report.methodsDescription)),
    children,
    definition,
    get client() {
      return definition === undefined ? untyped : clientOf(definition);
    },
    as<D extends AnyDefinition>(wanted: D) {
      const { contract } = wanted;
      if (label !== contract.label && !contract.otherLabels.includes(label)) throw kindMismatch(path, label, wanted);
      // ClientOf<D> is what D's own client function returns.
      return clientOf(wanted) as ClientOf<D>;
    },
    call: (method, ...args) => untyped.call(method, ...args),
    stream: (method, ...args) => untyped.stream(method, ...args),
    open: (method) => untyped.open(method),
    child,
  };
}

/** The device at a dotted path; the empty path is the root. */
export function findDevice(root: Device, path: string): Device {
  let device = root;
  for (const name of path === "" ? [] : path.split(".")) device = device.child(name);
  return device;
}

/** All devices of a tree, parents first. */
export function* allDevices(device: Device): Generator<Device> {
  yield device;
  for (const child of device.children.values()) yield* allDevices(child);
}

function kindMismatch(path: string, label: string, { contract }: AnyDefinition): JumpstarterError {
  const what = path === "" ? "the root device" : path;
  const is = label === "" ? "of no known kind" : `of the kind ${label}`;
  return new JumpstarterError(`${what} is ${is}, not a ${contract.name} (${contract.label})`, {
    code: "failed-precondition",
    reason: "DEVICE_KIND_MISMATCH",
  });
}
