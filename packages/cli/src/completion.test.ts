import { describe, expect, it } from "vitest";

import { createTestIo } from "../test/test-io.ts";
import { completions } from "./completion.ts";
import { jmp } from "./jmp/jmp.ts";

const after = (...words: readonly string[]): Promise<readonly string[]> => completions(jmp, words, createTestIo());

describe("completion", () => {
  it("offers the commands that start so, but no older names", async () => {
    expect(await after("co")).toEqual(["completion", "config"]);
    expect(await after("ex")).toEqual([]);
  });

  it("goes into groups", async () => {
    expect(await after("config", "client", "")).toEqual(["create", "delete", "list", "use"]);
  });

  it("offers options, their choices, and those of words", async () => {
    expect(await after("shell", "--tls")).toEqual(["--tls-grpc", "--tls-grpc-insecure"]);
    expect(await after("version", "-o", "")).toEqual(["json", "yaml", "name"]);
    expect(await after("completion", "f")).toEqual(["fish"]);
  });

  it("leaves files to the shell", async () => {
    expect(await after("shell", "--exporter-config", "b")).toEqual(["__files__"]);
    expect(await after("shell", "--exporter", "x", "--", "vi")).toEqual(["__files__"]);
  });
});
