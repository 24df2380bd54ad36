import { suggestName, type ExporterConfig } from "@jumpstarter-ts/config";
import { JumpstarterError } from "@jumpstarter-ts/core";

import type { Device } from "./device.ts";

/** A second name for a device, which may be opened later. */
export interface Reference {
  readonly target: string;
  readonly siblings: Map<string, Device>;
  readonly name: string;
  readonly path: readonly string[];
}

export interface Unresolved {
  readonly references: readonly Reference[];
  readonly root: Device;
  readonly config: ExporterConfig;
}

/** A target may itself be a second name, so this goes on as long as something is found. */
export function resolveReferences({ references, root, config }: Unresolved): void {
  let open: readonly Reference[] = references;
  for (;;) {
    const left = open.filter(({ target, siblings, name }) => {
      const found = find(root, target);
      if (found !== undefined && found !== root) siblings.set(name, found);
      return found === undefined || found === root;
    });
    if (left.length === open.length) break;
    open = left;
  }
  const [first] = open;
  if (first === undefined) return;
  const { target, path } = first;
  const place = `${config.placeOf(path)}: ${path.join(".")} refers to ${JSON.stringify(target)}`;
  const { parent, missing } = missingStep(root, target);
  if (missing === undefined) throw referenceError(`${place}, which leads back to itself`);
  throw referenceError(
    `${place}, but ${parent === "" ? "export" : parent} has no ${JSON.stringify(missing.name)}; ${suggestName(missing.name, missing.known)}`,
  );
}

/** The device at a dotted path from the root; `undefined` where it is absent or not resolved yet. */
export function find(root: Device, target: string): Device | undefined {
  let device: Device | undefined = root;
  for (const name of target.split(".")) {
    device = device.children.get(name);
    if (device === undefined || device === root) return undefined;
  }
  return device;
}

function missingStep(
  root: Device,
  target: string,
): { readonly parent: string; readonly missing?: { readonly name: string; readonly known: readonly string[] } } {
  let device = root;
  const steps: string[] = [];
  for (const name of target.split(".")) {
    const next = device.children.get(name);
    if (next === undefined) return { parent: steps.join("."), missing: { name, known: [...device.children.keys()] } };
    if (next === root) break;
    device = next;
    steps.push(name);
  }
  return { parent: steps.join(".") };
}

export function referenceError(sentence: string): JumpstarterError {
  return new JumpstarterError(sentence, { code: "invalid-argument", reason: "REF_INVALID" });
}
