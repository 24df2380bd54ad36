import { describe, expect, it } from "vitest";

import { withCallSites } from "./call-site.ts";

/** Fails where no caller is on the stack. */
function failLater(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  setImmediate(() => reject(new Error("no answer")));
  return promise;
}

describe("clients with call sites", () => {
  it("fail with the line that called them", async () => {
    const dut = withCallSites({ power: { on: failLater } });

    const error: unknown = await dut.power.on().catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(Error);
    expect((error as Error).stack).toMatch(/^Error: no answer\n +at .*call-site\.test\.ts/);
  });

  it("tell of a failure which call it was", async () => {
    const calls: string[] = [];
    const console = { waitFor: (_pattern: string | RegExp) => failLater(), send: (_data: object) => failLater() };
    const dut = withCallSites({ board: { console } }, (_error, call) => calls.push(call));

    await Promise.allSettled([
      dut.board.console.waitFor("login:"),
      dut.board.console.waitFor(/=> $/),
      dut.board.console.send({}),
    ]);

    expect(calls).toEqual([
      'board.console.waitFor("login:")',
      "board.console.waitFor(/=> $/)",
      "board.console.send(…)",
    ]);
  });

  it("are otherwise the clients that they stand for", async () => {
    const real = Object.freeze({
      name: "uno",
      add: (a: number, b: number) => a + b,
      async *read() {
        yield 5;
      },
    });

    const dut = withCallSites(real);

    expect(dut.name).toBe("uno");
    expect(dut.add(1, 2)).toBe(3);
    expect(Object.keys(dut)).toEqual(["name", "add", "read"]);
    expect("add" in dut).toBe(true);
    expect((await dut.read().next()).value).toBe(5);
    expect(dut.add).toBe(dut.add);
  });
});
