import type { Input } from "../command.ts";
import type { Io } from "../io.ts";
import { show, tableLines } from "../output.ts";

/** The `type:` paths that an exporter's configuration may use here. */
export async function listDrivers(input: Input, io: Io): Promise<void> {
  const { createDriverRegistry } = await import("@jumpstarter-ts/config");
  const drivers = createDriverRegistry({ from: [io.cwd, import.meta.dirname] })
    .packages()
    .flatMap(({ name: packageName, types }) =>
      Object.keys(types).map((word) => {
        const type = word === "." ? packageName : word.includes(".") ? word : `${packageName}#${word}`;
        return { name: type.split(/[.#/]/).at(-1) ?? type, type, package: packageName };
      }),
    )
    .toSorted((one, other) => (one.type < other.type ? -1 : 1));
  await show(input, io, {
    data: { drivers },
    names: drivers.map(({ type }) => type),
    lines: tableLines(
      ["NAME", "TYPE"],
      drivers.map(({ name, type }) => [name, type]),
    ),
  });
}
