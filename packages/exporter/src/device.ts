import { randomUUID } from "node:crypto";

import { JumpstarterError, type Method, type ServedDriver } from "@jumpstarter-ts/core";

/** One open driver of a session. A second name for it (a `ref`) is the same object under another parent. */
export interface Device {
  /** Selects the device in every call; new for every session. */
  readonly uuid: string;
  /** Dotted from the root, which is empty: for errors and logs. */
  readonly path: string;
  readonly driver: ServedDriver;
  readonly description: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Help texts of the configuration, by command. */
  readonly methodsDescription: Readonly<Record<string, string>>;
  readonly children: Map<string, Device>;
}

export interface DeviceOptions {
  readonly uuid?: string | undefined;
  readonly description?: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  readonly methodsDescription?: Readonly<Record<string, string>>;
  /** Taken over, not copied: a second name in it may be resolved later. */
  readonly children?: Map<string, Device>;
}

export function createDevice(
  driver: ServedDriver,
  path: string,
  { uuid = randomUUID(), description, labels = {}, methodsDescription = {}, children = new Map() }: DeviceOptions = {},
): Device {
  return {
    uuid,
    path,
    driver,
    description: description ?? driver.description,
    labels: { ...driver.labels, ...labels },
    methodsDescription,
    children,
  };
}

/** What a driver does for a method, found or refused as upstream does. */
export interface FoundMethod<K extends Method["kind"]> {
  readonly method: Extract<Method, { readonly kind: K }>;
  /** Names it in errors: `grp.power.on`. */
  readonly name: string;
  readonly call: (...args: unknown[]) => unknown;
}

export function findMethod<K extends Method["kind"]>({ driver, path }: Device, name: string, kind: K): FoundMethod<K> {
  const { methods } = driver.contract;
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) {
    throw new JumpstarterError(`method ${name} not found on driver`, { code: "not-found", reason: "METHOD_UNKNOWN" });
  }
  if (method.kind !== kind) {
    throw new JumpstarterError(`method ${name} missing marker ${kind}: it is ${method.kind}`, {
      code: "not-found",
      reason: "METHOD_OF_OTHER_KIND",
    });
  }
  const run = driver.methods[name];
  if (run === undefined) {
    throw new JumpstarterError(`${path} does not offer ${name}`, { code: "unsupported", reason: "METHOD_NOT_OFFERED" });
  }
  return {
    // Its kind was just compared with K.
    method: method as Extract<Method, { readonly kind: K }>,
    name: `${path}.${name}`,
    call: (...args) => Reflect.apply(run, driver.methods, args),
  };
}
