import type { Device } from "@jumpstarter-ts/client";
import type { AnyDefinition, CallOptions, Method } from "@jumpstarter-ts/core";

import type { Command, Input } from "../command.ts";
import type { Io } from "../io.ts";
import { readArgument, shapeOf } from "./argument-shape.ts";
import { withProgress } from "./flasher.ts";
import { forwardCommands } from "./network.ts";
import { cycleCommand } from "./power.ts";
import { remoteOf } from "./raw-remote.ts";
import { serialCommands } from "./serial.ts";
import { showValue } from "./show-value.ts";
import { sinkOf, sourceOf } from "./transfer-options.ts";

/** A command for each method of a contract: dashed names, arguments by position, of the types that it says. */
export function contractCommands(device: Device, { contract, console }: AnyDefinition): readonly Command[] {
  const own = Object.entries(contract.methods).flatMap(([name, method]): readonly Command[] => {
    if (method.kind !== "bytes") return [methodCommand(device, contract, name, method)];
    const talk = console === name ? serialCommands(device, name) : [];
    return name === "connect" ? [...talk, ...forwardCommands(device, name)] : talk;
  });
  const { on, off, cycle } = contract.methods;
  if (on?.kind !== "unary" || off?.kind !== "unary" || cycle !== undefined) return own;
  const remote = looseRemote(device, contract);
  const switching = (name: string) => (signal: AbortSignal) => remote.with({ signal }).call(name);
  return [...own, cycleCommand({ on: switching("on"), off: switching("off") })];
}

interface LooseRemote {
  with(options: CallOptions): LooseRemote;
  call(method: string, ...args: readonly unknown[]): Promise<unknown>;
  stream(method: string, ...args: readonly unknown[]): AsyncIterable<unknown>;
}

type CallMethod = Exclude<Method, { readonly kind: "bytes" }>;

function methodCommand(device: Device, contract: AnyDefinition["contract"], name: string, method: CallMethod): Command {
  return {
    name: dashed(name),
    help: method.help ?? `Call ${name}`,
    parameters: method.arguments.map((argument) => {
      const named = { name: dashed(argument.name).toUpperCase().replaceAll("-", "_"), help: argument.help };
      if (argument.kind !== "value")
        return { ...named, help: argument.help ?? fileHelp[argument.kind], complete: "files" };
      const { choices, isOptional, kind } = shapeOf(argument.schema);
      return { ...named, help: argument.help ?? kind, choices, isOptional };
    }),
    run: async (input, io) => {
      const remote = looseRemote(device, contract);
      const args = argumentsOf(method, input, io);
      if (method.kind === "streaming") {
        for await (const item of remote.with({ signal: io.signal }).stream(name, ...args)) showValue(io, item);
        return;
      }
      await withProgress(io, name, async (options) => showValue(io, await remote.with(options).call(name, ...args)));
    },
  };
}

function looseRemote(device: Device, contract: AnyDefinition["contract"]): LooseRemote {
  // Which names and arguments fit is only known to the contract: the session checks them.
  return remoteOf(device, contract);
}

const fileHelp = { source: "A file, a URL, or - for stdin", sink: "A file, or - for stdout" } as const;

function argumentsOf(method: CallMethod, input: Input, io: Io): readonly unknown[] {
  return method.arguments.map((argument): unknown => {
    const parameter = dashed(argument.name).toUpperCase().replaceAll("-", "_");
    const word = input.optionalWord(parameter);
    if (word === undefined) return undefined;
    if (argument.kind === "value") {
      return readArgument(shapeOf(argument.schema), word, `${parameter} of ${input.called}`);
    }
    return argument.kind === "source" ? sourceOf(word, input, io) : sinkOf(word, input, io);
  });
}

function dashed(name: string): string {
  return name
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "-")
    .replaceAll("_", "-")
    .toLowerCase();
}
