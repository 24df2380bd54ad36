import type { Device } from "@jumpstarter-ts/client";

import type { Command } from "../command.ts";
import { kinds } from "./kinds.ts";
import type { Link } from "./link.ts";

/** A command for each child of a device, with what can be done with that child below it. */
export function deviceCommands(parent: Device, link: Link): readonly Command[] {
  return [...parent.children.values()].map((device) => {
    const { name, description } = device;
    const named = { name, help: description ?? kinds[device.label]?.help ?? `A device of the kind ${device.label}` };
    return { ...named, load: () => deviceCommand(device, named, link) };
  });
}

async function deviceCommand(device: Device, named: Pick<Command, "name" | "help">, link: Link): Promise<Command> {
  const children = deviceCommands(device, link);
  const own = await ownCommands(device, link);
  const below = own.filter(({ name }) => name !== "");
  const commands = [...withoutNamesOf(children, below), ...children];
  // ssh and tmt are commands themselves.
  const itself = own.find(({ name }) => name === "");
  if (itself === undefined) return { ...named, commands };
  return { ...itself, name: device.name, help: device.description ?? itself.help, commands };
}

/** Where a child has the name of a command, the child is meant. */
export function withoutNamesOf(first: readonly Command[], second: readonly Command[]): readonly Command[] {
  return second.filter(({ name }) => !first.some((taken) => taken.name === name));
}

async function ownCommands(device: Device, link: Link): Promise<readonly Command[]> {
  const kind = kinds[device.label];
  const commands = kind === undefined ? await otherCommands(device, link) : await kind.commands(device);
  // The exporter's configuration may say it in the words of its bench.
  return commands.map((command) => {
    const { name } = command;
    const said = device.methods.get(name) ?? device.methods.get(name.replaceAll("-", "_"));
    return said === undefined || said === "" ? command : { ...command, help: said };
  });
}

/** By what an installed package gives and by its contract, else by name. */
async function otherCommands(device: Device, link: Link): Promise<readonly Command[]> {
  const definition = await link.definition(device.label);
  if (definition !== undefined) {
    const [{ contractCommands }, { packageCommands }] = await Promise.all([
      import("./contract-commands.ts"),
      import("./package-commands.ts"),
    ]);
    const given = await packageCommands(device, definition);
    // The words behind a device that is a command are its own.
    if (given.some(({ name }) => name === "")) return given;
    return [...given, ...withoutNamesOf(given, contractCommands(device, definition))];
  }
  return [
    {
      name: "call",
      help: `Call a method by its name; no installed package knows ${device.label}`,
      parameters: [
        { name: "METHOD", help: "The method's name on the wire" },
        { name: "JSON", help: "The arguments", isOptional: true, isRest: true },
      ],
      run: async (input, io) => {
        const { callMethod } = await import("./call.ts");
        await callMethod(device, input.word("METHOD"), input.words("JSON"), io);
      },
    },
  ];
}
