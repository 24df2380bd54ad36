import { childNotFound } from "./child-not-found.ts";
import type { Device } from "./device.ts";

/** Clients by the names of their devices, groups as objects within. */
export interface DeviceTree {
  readonly [name: string]: unknown;
}

/**
 * What a test author holds for a device: a group becomes an object of its children, anything else its client. A name
 * that is not there throws `not-found` (`DEVICE_NOT_FOUND`), so it is never `undefined`.
 */
export function deviceTree(device: Device): DeviceTree {
  const members: Record<string, unknown> = {};
  for (const child of device.children.values()) {
    const get = (): unknown => (isGroup(child) ? deviceTree(child) : child.client);
    Object.defineProperty(members, child.name, { get: once(get), enumerable: true, configurable: true });
  }
  if (device.definition === undefined && device.path !== "") addUntyped(members, device);
  return new Proxy(members, {
    get(target, name, receiver) {
      if (typeof name === "symbol" || name in target || probed.has(name)) return Reflect.get(target, name, receiver);
      throw childNotFound(device.path, name, device.children.keys());
    },
  });
}

/** A device that is there for its children only: a composite, or one of an unknown kind that has some. */
export function isGroup({ path, children, definition }: Device): boolean {
  if (path === "") return true;
  if (definition === undefined) return children.size > 0;
  const { contract } = definition;
  return Object.keys(contract.methods).length === 0 && Object.keys(contract.children).length === 0;
}

/** What a group of an unknown kind can do besides its children; a child of the same name comes first. */
function addUntyped(members: Record<string, unknown>, device: Device): void {
  const own = {
    call: (method: string, ...args: unknown[]) => device.call(method, ...args),
    stream: (method: string, ...args: unknown[]) => device.stream(method, ...args),
    open: (method?: string) => device.open(method),
  };
  for (const [name, value] of Object.entries(own)) {
    if (!Object.hasOwn(members, name)) Object.defineProperty(members, name, { value, enumerable: false });
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Names that printers, assertions and `await` look for on any object. */
const probed = new Set([
  "then",
  "catch",
  "finally",
  "toJSON",
  "asymmetricMatch",
  "nodeType",
  "tagName",
  "$$typeof",
  "@@__IMMUTABLE_ITERABLE__@@",
  "@@__IMMUTABLE_RECORD__@@",
  "__esModule",
  "default",
  "length",
  "name",
  "message",
  "inspect",
]);
