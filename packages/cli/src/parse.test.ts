import { describe, expect, it } from "vitest";

import { UsageError, type Command, type Input } from "./command.ts";
import { parse } from "./parse.ts";

const tool: Command = {
  name: "tool",
  help: "A tool",
  options: [{ name: "level", value: "LEVEL", choices: ["low", "high"], help: "How much" }],
  commands: [
    {
      name: "paint",
      aliases: ["p"],
      help: "Paint",
      options: [
        { name: "colour", short: "c", value: "NAME", help: "Which" },
        { name: "label", short: "l", value: "TEXT", isRepeated: true, help: "More" },
        { name: "wet", short: "w", help: "Leave it wet" },
      ],
      parameters: [
        { name: "WALL", choices: ["north", "south"] },
        { name: "MORE", isOptional: true, isRest: true },
      ],
    },
  ],
};

async function read(...words: readonly string[]): Promise<Input> {
  return (await parse(tool, words)).input;
}

describe("a command line", () => {
  it("takes options before, after and between words, in all their forms", async () => {
    const forms = [
      ["paint", "--colour", "red", "-w", "north"],
      ["paint", "north", "--colour=red", "--wet"],
      ["p", "-wcred", "north"],
      ["paint", "-w", "-c=red", "north"],
    ];
    for (const words of forms) {
      const input = await read(...words);
      expect([input.text("colour"), input.isSet("wet"), input.word("WALL")]).toEqual(["red", true, "north"]);
    }
  });

  it("collects what may be repeated, and takes the last of what may not", async () => {
    const input = await read("paint", "-l", "a", "--label", "b", "-c", "red", "-c", "blue", "north");
    expect([input.texts("label"), input.text("colour")]).toEqual([["a", "b"], "blue"]);
  });

  it("knows a group's options in the group's commands too", async () => {
    expect((await read("paint", "north", "--level", "high")).text("level")).toBe("high");
  });

  it("leaves what comes after two dashes alone", async () => {
    expect((await read("paint", "north", "--", "-w", "--", "x")).words("MORE")).toEqual(["-w", "--", "x"]);
  });

  it("takes a negative number for a word, not for an option", async () => {
    expect((await read("paint", "north", "-5")).words("MORE")).toEqual(["-5"]);
  });

  it.each([
    [["paint", "north", "--colour"], "--colour of tool paint needs a value: --colour NAME"],
    [["paint", "north", "--wet=very"], '--wet of tool paint takes no value, but "very" was given'],
    [["--level", "middle"], '--level of tool is "middle": it is one of low, high'],
    [["paint"], "tool paint needs WALL: tool paint WALL [MORE...]"],
    [["paint", "east"], 'WALL of tool paint is "east": it is one of north, south'],
    [["pant"], 'tool has no command "pant"'],
    [["paint", "-x"], "tool paint has no option -x"],
  ])("refuses %j in a sentence", async (words, sentence) => {
    const failure: unknown = await parse(tool, words).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect(String(failure)).toContain(sentence);
  });
});
