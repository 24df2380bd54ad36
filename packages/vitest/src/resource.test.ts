import { describe, expect, it } from "vitest";

import { resource } from "./resource.ts";
import { takeTeardownErrors } from "./worker/state.ts";

describe("resource", () => {
  it("closes what its setup opened, the newest first, once the test has used it", async () => {
    const events: string[] = [];
    const fixture = resource("pair", (_context: object, scope) => {
      scope.defer(() => events.push("first closed"));
      scope.defer(() => events.push("second closed"));
      return "value";
    });

    await fixture({}, async (value) => void events.push(`used ${value}`));

    expect(events).toEqual(["used value", "second closed", "first closed"]);
  });

  it("closes what was opened when the setup throws half way, and throws the same", async () => {
    const events: string[] = [];
    const fixture = resource("half", (_context: object, scope) => {
      scope.defer(() => events.push("closed"));
      throw new Error("no second half");
    });

    await expect(fixture({}, async () => undefined)).rejects.toThrow("no second half");

    expect(events).toEqual(["closed"]);
  });

  it("gives up a setup at its deadline, and closes at once what comes later", async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const { promise: closed, resolve: close } = Promise.withResolvers<string>();
    const fixture = resource(
      "late",
      async (_context: object, scope) => {
        await opened;
        scope.defer(() => close("closed"));
      },
      { setupTimeout: "10ms" },
    );

    await expect(fixture({}, async () => undefined)).rejects.toThrow("the setup of late did not finish within 10ms");
    open();

    expect(await closed).toBe("closed");
  });

  it("keeps the errors of clean-ups for the test's verdict, and lets none keep another from running", async () => {
    const events: string[] = [];
    const fixture = resource(
      "stubborn",
      (_context: object, scope) => {
        scope.defer(() => events.push("closed"));
        scope.defer(() => new Promise(() => undefined), { what: "the hanging one" });
        scope.defer(() => {
          throw new Error("broken");
        });
      },
      { cleanUpTimeout: "10ms" },
    );

    await fixture({}, async () => undefined);

    expect(events).toEqual(["closed"]);
    expect(takeTeardownErrors().map(({ message }) => message)).toEqual([
      "stubborn: clean-up failed: broken",
      "stubborn: the hanging one did not finish within 10ms",
    ]);
  });

  it("shows Vitest the names of the fixtures that its author asked for", () => {
    const fixture = resource("named", ({ dut }: { dut: string }) => dut);

    expect(String(fixture)).toMatch(/^\(\{ dut \}\) =>/);
  });
});
