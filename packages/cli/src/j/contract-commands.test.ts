import { argument, contract, defineDriver, implement, readAll, source, streaming, unary } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { createTestIo, type TestIo } from "../../test/test-io.ts";
import { runProgram } from "../program.ts";
import { contractCommands } from "./contract-commands.ts";

const fan = defineDriver({
  contract: contract({
    name: "fan",
    label: "acme.client.Fan",
    methods: {
      set_speed: unary({
        help: "Turn at a speed",
        arguments: [
          argument("speed", z.int().min(0).max(10), { help: "0 to 10" }),
          argument("direction", z.enum(["in", "out"]).default("out")),
        ],
        result: z.object({ speed: z.number(), direction: z.string() }),
      }),
      watch: streaming({ arguments: [argument("isLoud", z.boolean())], result: z.string() }),
      on: unary(),
      off: unary(),
      upload: unary({ arguments: [source("firmware")], result: z.string() }),
    },
  }),
  client: () => ({}),
});

const switched: string[] = [];

const openFan = implement(fan, z.strictObject({}), () => ({
  set_speed: (speed: number, direction: string) => ({ speed, direction }),
  async *watch(isLoud: boolean) {
    yield isLoud ? "WHIRR" : "whirr";
    yield "stop";
  },
  on: () => void switched.push("on"),
  off: () => void switched.push("off"),
  upload: async (firmware: AsyncIterable<Uint8Array>) => Buffer.from(await readAll(firmware)).toString(),
}));

async function run(words: readonly string[], input = ""): Promise<TestIo["seen"] & { readonly code: number }> {
  await using served = await serveDriver(openFan, { definition: fan });
  const io = createTestIo({ input });
  const root = { name: "j fan", help: "A fan", commands: contractCommands(served.device, fan) };
  return { code: await runProgram(root, words, io, { usageCode: 1 }), ...io.seen };
}

describe("a device of any kind whose contract is installed", () => {
  it("has a command with a dashed name for each method, whose arguments have types, defaults and choices", async () => {
    expect(JSON.parse((await run(["set-speed", "7"])).stdout)).toEqual({ speed: 7, direction: "out" });
    expect(JSON.parse((await run(["set-speed", "7", "in"])).stdout)).toEqual({ speed: 7, direction: "in" });
    expect((await run(["set-speed", "7", "up"])).stderr).toBe(
      'Error: DIRECTION of j fan set-speed is "up": it is one of in, out\n',
    );
    expect((await run(["set-speed", "fast"])).stderr).toBe(
      'Error: SPEED of j fan set-speed is "fast": it is a number\n',
    );
  });

  it("leaves it to the contract what a value may be", async () => {
    const { code, stderr } = await run(["set-speed", "11"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/argument 1 \(speed\) of \S*set_speed is not valid/)]);
  });

  it("can be cycled where it can be switched", async () => {
    switched.length = 0;
    expect((await run(["cycle", "-w", "0"])).code).toBe(0);
    expect(switched).toEqual(["off", "on"]);
  });

  it("explains itself by the words of the contract", async () => {
    const { stdout } = await run(["set-speed", "--help"]);
    expect(stdout).toContain("Usage: j fan set-speed [OPTIONS] SPEED [DIRECTION]");
    expect(stdout).toMatch(/SPEED +0 to 10\n +DIRECTION +text \[in\|out\]/);
  });

  it("prints what a streaming method says as it says it, and sends files", async () => {
    expect((await run(["watch", "yes"])).stdout).toBe("WHIRR\nstop\n");
    expect((await run(["upload", "-"], "firmware")).stdout).toBe("firmware\n");
  });
});
