import { isGroup, type Device } from "@jumpstarter-ts/client";
import type { DriverPackage } from "@jumpstarter-ts/config";

const head = `/* eslint-disable */
// Written by jumpstarter() from the exporters that it has opened. Commit it, so that tests are checked everywhere.
import type { ClientOf, UntypedClient } from "@jumpstarter-ts/vitest";

declare module "@jumpstarter-ts/vitest" {
  interface Exporters {
`;
const tail = `  }
}

export type { ClientOf, UntypedClient };
`;

/** The entries of a file that {@link typesText} wrote: the type of each exporter by its name. */
export function readEntries(text: string): ReadonlyMap<string, string> {
  const entries = text.matchAll(/^ {4}readonly ("(?:[^"\\]|\\.)*"|\w+): ((?:[^\n]|\n {5,}|\n {4}\})+);$/gm);
  return new Map([...entries].map(([, key = "", type = "unknown"]) => [nameOf(key), type]));
}

/** The text of `jumpstarter-env.d.ts`, laid out as a formatter would. */
export function typesText(entries: ReadonlyMap<string, string>): string {
  const lines = [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return head + lines.map(([name, type]) => `    readonly ${keyOf(name)}: ${type};\n`).join("") + tail;
}

/** What a test holds of a device tree, as a type. */
export function typeOf(device: Device, packages: readonly DriverPackage[], indent = "    "): string {
  if (isGroup(device)) {
    const inner = `${indent}  `;
    const members = [...device.children.values()].map(
      (child) => `${inner}readonly ${keyOf(child.name)}: ${typeOf(child, packages, inner)};\n`,
    );
    const own = device.definition === undefined && device.path !== "" ? "UntypedClient & " : "";
    return `${own}{\n${members.join("")}${indent}}`;
  }
  const owner = packages.find(({ clients }) => Object.hasOwn(clients, device.label));
  const [subpath = ".", name = "default"] = owner?.clients[device.label]?.split("#") ?? [];
  if (owner === undefined || device.definition === undefined) return "UntypedClient";
  const specifier = subpath === "." ? owner.name : `${owner.name}/${subpath.replace(/^\.\//, "")}`;
  return `ClientOf<typeof import(${JSON.stringify(specifier)}).${name}>`;
}

function keyOf(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

function nameOf(key: string): string {
  // A JSON string, as the pattern says.
  return key.startsWith('"') ? (JSON.parse(key) as string) : key;
}
