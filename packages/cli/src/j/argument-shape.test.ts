import { describe, expect, it } from "vitest";
import { z } from "zod";

import { readArgument, shapeOf } from "./argument-shape.ts";

const read = (schema: z.ZodType, word: string): unknown => readArgument(shapeOf(schema), word, "SPEED of j fan set");

describe("an argument of a contract on the command line", () => {
  it("is read as the type that its schema says", () => {
    expect(read(z.string(), "5")).toBe("5");
    expect(read(z.number(), "5.5")).toBe(5.5);
    expect(read(z.boolean(), "on")).toBe(true);
    expect(read(z.boolean().nullish(), "no")).toBe(false);
    expect(read(z.array(z.int()), "[1, 2]")).toEqual([1, 2]);
    expect(read(z.union([z.literal(0), z.literal(1)]), "1")).toBe(1);
  });

  it("has the choices of its schema, and may be left out where that may", () => {
    expect(shapeOf(z.enum(["md5", "sha256"]).nullish())).toMatchObject({
      choices: ["md5", "sha256"],
      isOptional: true,
    });
    expect(shapeOf(z.string())).toMatchObject({ choices: undefined, isOptional: false });
  });

  it("is refused in a sentence that says what it is", () => {
    expect(() => read(z.number(), "fast")).toThrow('SPEED of j fan set is "fast": it is a number');
    expect(() => read(z.boolean(), "maybe")).toThrow('SPEED of j fan set is "maybe": it is true or false');
  });
});
