import { serve, type CallContext } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { shell, type ShellOutput } from "./client.ts";

/** A lab with two methods; it notes what arrives. */
async function openShell() {
  const received: unknown[] = [];
  const ended = Promise.withResolvers<void>();
  const served = await serveDriver(
    serve(shell, {
      get_methods: () => ["greet", "hang"],
      async *call_method(method, env, ...rest) {
        // The last is always the context.
        const { signal } = rest.at(-1) as CallContext;
        received.push([method, env, rest.slice(0, -1).filter((each) => each !== undefined)]);
        if (method === "hang") {
          yield ["waiting\n", "", null];
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          return ended.resolve();
        }
        if (method === "vanish") return yield ["gone\n", "", null];
        yield ["hello ", "", null];
        yield ["world\n", "careful\n", null];
        return yield ["", "", 3];
      },
    }),
    { definition: shell },
  );
  return { ...served, received, ended: ended.promise };
}

describe("the shell client", () => {
  it("runs a method with arguments and variables, and collects what it says", async () => {
    await using served = await openShell();

    const result = await served.client.run("greet", ["a b", "c"], { env: { LEVEL: "2" } });

    expect(result).toEqual({ stdout: "hello world\n", stderr: "careful\n", exitCode: 3 });
    expect(served.received).toEqual([["greet", { LEVEL: "2" }, ["a b", "c"]]]);
  });

  it("sends an empty record when there are no variables, as upstream's client does", async () => {
    await using served = await openShell();
    await served.client.run("greet");
    expect(served.received).toEqual([["greet", {}, []]]);
  });

  it("tells what a method says while it runs", async () => {
    await using served = await openShell();
    const said: ShellOutput[] = [];

    await served.client.run("greet", [], { onOutput: (output) => said.push(output) });

    expect(said.map(({ stdout, exitCode }) => [stdout, exitCode])).toEqual([
      ["hello ", undefined],
      ["world\n", undefined],
      ["", 3],
    ]);
  });

  it("ends the method on the exporter when its time is over", async () => {
    await using served = await openShell();

    const running = served.client.run("hang", [], { timeoutMs: 200 });

    await expect(running).rejects.toMatchObject({ code: "deadline-exceeded" });
    await served.ended;
  });

  it("ends the method on the exporter when the loop is left", async () => {
    await using served = await openShell();
    for await (const { stdout } of served.client.stream("hang")) {
      expect(stdout).toBe("waiting\n");
      break;
    }
    await served.ended;
  });

  it("does not take a method that broke off for one that succeeded", async () => {
    await using served = await openShell();
    await expect(served.client.run("vanish")).rejects.toMatchObject({ reason: "SHELL_NO_EXIT_CODE" });
  });

  it("refuses more arguments than the contract has room for", async () => {
    await using served = await openShell();
    const many = Array.from({ length: 65 }, () => "x");
    await expect(served.client.run("greet", many)).rejects.toMatchObject({ reason: "SHELL_TOO_MANY_ARGUMENTS" });
    expect(served.received).toEqual([]);
  });

  it("lists the methods of the lab", async () => {
    await using served = await openShell();
    await expect(served.client.methods()).resolves.toEqual(["greet", "hang"]);
  });
});
