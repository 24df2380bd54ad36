import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { powerConformance, serveDriver } from "@jumpstarter-ts/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { power } from "./client.ts";
import { commandPower } from "./command.ts";

/** The rail is a file: what a switch's program did to it is what stands there. */
let directory: string;
const railFile = (): string => join(directory, "rail");
const rail = async (): Promise<string[]> => (await readFile(railFile(), "utf8")).trim().split("\n");
const say = (word: string): string[] => ["sh", "-c", `echo ${word} >> "$0"`, railFile()];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "jumpstarter-power-"));
  await appendFile(railFile(), "");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (more: Readonly<Record<string, unknown>> = {}) =>
  serveDriver(commandPower, {
    definition: power,
    options: {
      on: say("on"),
      off: say("off"),
      read: ["printf", '{"voltage":5.02,"current":0.31}\\n{"voltage":5.01,"current":0.3}\\n'],
      ...more,
    },
  });

describe("a switch that has a program", () => {
  powerConformance({ it, expect }, async () => {
    const served = await open();
    return Object.assign(served, { isOn: async () => (await rail()).at(-1) === "on" });
  });

  it("runs the program for on and for off, and off again when the session ends", async () => {
    {
      await using served = await open();
      await served.client.on();
      expect(await rail()).toEqual(["on"]);
    }

    expect(await rail()).toEqual(["on", "off"]);
  });

  it("reads what the program prints", async () => {
    await using served = await open();

    const readings = await Array.fromAsync(served.client.read());

    expect(readings.map(({ voltage }) => voltage)).toEqual([5.02, 5.01]);
  });

  it.each([
    [{ on: ["no-such-switch"] }, "POWER_COMMAND_MISSING", /there is no program no-such-switch: install it/],
    [{ on: ["sh", "-c", "echo no hub >&2; exit 3"] }, "POWER_COMMAND_FAILED", /ended with 3 and said "no hub"/],
    [
      { on: ["sh", "-c", "while :; do :; done"], timeout_ms: 200 },
      "POWER_COMMAND_HUNG",
      /did not finish within 200 ms/,
    ],
  ])("says in one sentence what was wrong with %j", async (options, reason, sentence) => {
    await using served = await open(options);

    await expect(served.client.on()).rejects.toMatchObject({ reason, message: expect.stringMatching(sentence) });
  });

  it("refuses a reading that is none", async () => {
    await using served = await open({ read: ["echo", "5 volts"] });

    await expect(Array.fromAsync(served.client.read())).rejects.toMatchObject({ reason: "POWER_READING_INVALID" });
  });
});
