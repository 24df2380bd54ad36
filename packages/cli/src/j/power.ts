import { setTimeout as wait } from "node:timers/promises";

import type { Device } from "@jumpstarter-ts/client";
import { argument, contract, streaming, unary } from "@jumpstarter-ts/core";

import { UsageError, type Command, type Input } from "../command.ts";
import { print } from "../io.ts";
import { anything, remoteOf } from "./raw-remote.ts";

const power = contract({
  name: "power",
  label: "jumpstarter_driver_power.client.PowerClient",
  methods: { on: unary(), off: unary(), read: streaming({ result: anything }) },
});

const virtualPower = contract({
  name: "virtual-power",
  label: "jumpstarter_driver_power.client.VirtualPowerClient",
  methods: { ...power.methods, off: unary({ arguments: [argument("destroy", anything)] }) },
});

export function powerCommands(device: Device): readonly Command[] {
  const remote = remoteOf(device, power);
  return commands(device, {
    on: (signal) => remote.with({ signal }).call("on"),
    off: (signal) => remote.with({ signal }).call("off"),
    read: (signal) => remote.with({ signal }).stream("read"),
  });
}

export function virtualPowerCommands(device: Device): readonly Command[] {
  const remote = remoteOf(device, virtualPower);
  return commands(
    device,
    {
      on: (signal) => remote.with({ signal }).call("on"),
      off: (signal, destroy) => remote.with({ signal }).call("off", destroy),
      read: (signal) => remote.with({ signal }).stream("read"),
    },
    [{ name: "destroy", help: "Give up the virtual device too" }],
  );
}

interface Switch {
  on(signal: AbortSignal): Promise<void>;
  off(signal: AbortSignal, destroy: boolean): Promise<void>;
  read(signal: AbortSignal): AsyncIterable<unknown>;
}

function commands(device: Device, { on, off, read }: Switch, offOptions: Command["options"] = []): readonly Command[] {
  return [
    { name: "on", help: "Switch the power on", run: (_, { signal }) => on(signal) },
    {
      name: "off",
      help: "Switch the power off",
      options: offOptions,
      run: (input, { signal }) => off(signal, input.isSet("destroy")),
    },
    cycleCommand({ on, off: (signal) => off(signal, false) }),
    {
      name: "read",
      help: "Measure voltage and current",
      options: [
        { name: "count", short: "n", value: "COUNT", help: "How many times; 0 for ever, 1 by default" },
        { name: "interval", short: "i", value: "SECONDS", help: "Between two measurements; 1 by default" },
      ],
      run: async (input, io) => {
        const given = numberOf(input, "count", 1);
        const count = given === 0 ? Infinity : given;
        const interval = numberOf(input, "interval", 1);
        for (let done = 0; done < count; done += 1) {
          if (done > 0) await wait(interval * 1_000, undefined, { signal: io.signal });
          for await (const reading of read(io.signal)) print(io, formatReading(reading, device.path));
        }
      },
    },
  ];
}

/** Of whatever can be switched. */
export function cycleCommand({
  on,
  off,
}: {
  readonly on: (signal: AbortSignal) => Promise<unknown>;
  readonly off: (signal: AbortSignal) => Promise<unknown>;
}): Command {
  return {
    name: "cycle",
    help: "Switch the power off and, after a wait, on again",
    options: [{ name: "wait", short: "w", value: "SECONDS", help: "How long it stays off; 2 by default" }],
    run: async (input, { signal }) => {
      const seconds = numberOf(input, "wait", 2);
      await off(signal);
      await wait(seconds * 1_000, undefined, { signal });
      await on(signal);
    },
  };
}

function formatReading(reading: unknown, path: string): string {
  const { voltage, current } = Object(reading) as { readonly voltage?: unknown; readonly current?: unknown }; // Looked at below.
  if (typeof voltage !== "number" || typeof current !== "number") {
    throw new Error(
      `${path} measured ${JSON.stringify(reading)}, which is not a voltage and a current: its driver is broken`,
    );
  }
  const product = Number((voltage * current).toPrecision(12));
  return `voltage=${decimal(voltage)} V  current=${decimal(current)} A  apparent_power=${decimal(product)} VA`;
}

/** As upstream's command prints it, for those who parse it. */
function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function numberOf(input: Input, option: string, otherwise: number): number {
  const text = input.text(option);
  const value = text === undefined ? otherwise : Number(text);
  if (text?.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new UsageError(`--${option} of ${input.called} is ${JSON.stringify(text)}: it is a number, 0 or more`);
}
