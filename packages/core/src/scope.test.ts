import { describe, expect, it } from "vitest";

import { isJumpstarterError, JumpstarterError } from "./errors.ts";
import { createScope } from "./scope.ts";

describe("a scope", () => {
  it("closes what it holds, newest first", async () => {
    const closed: string[] = [];
    const scope = createScope("bench");
    scope.defer(() => closed.push("port"));
    scope.use({ [Symbol.asyncDispose]: async () => void closed.push("relay") });
    scope.use({ [Symbol.dispose]: () => void closed.push("file") });

    const failures = await scope.close();

    expect(closed).toEqual(["file", "relay", "port"]);
    expect(failures).toEqual([]);
  });

  it("runs every clean-up although one throws, and returns what went wrong", async () => {
    const closed: string[] = [];
    const scope = createScope("bench");
    scope.defer(() => closed.push("rail off"));
    scope.defer(
      () => {
        throw new Error("port is gone");
      },
      { what: "close port" },
    );

    const failures = await scope.close();

    expect(closed).toEqual(["rail off"]);
    expect(failures.map((failure) => failure.message)).toEqual(["bench: close port failed: port is gone"]);
    expect(failures[0]).toMatchObject({ code: "internal", reason: "CLEANUP_FAILED" });
  });

  it("goes on after a clean-up that hangs, at that clean-up's own deadline", async () => {
    const closed: string[] = [];
    const scope = createScope("bench");
    scope.defer(() => closed.push("rail off"));
    scope.defer(() => new Promise(() => {}), { what: "close port", timeoutMs: 10 });

    const failures = await scope.close();

    expect(closed).toEqual(["rail off"]);
    expect(failures.map((failure) => failure.message)).toEqual(["bench: close port did not finish within 10ms"]);
  });

  it("releases at once what is handed to it after it has closed", async () => {
    const scope = createScope("bench");
    await scope.close();
    const { promise, resolve } = Promise.withResolvers<string>();

    scope.defer(() => resolve("released"));

    await expect(promise).resolves.toBe("released");
  });

  it("aborts its signal before the first clean-up, with the reason it was closed for", async () => {
    const scope = createScope("bench");
    let wasAborted = false;
    scope.defer(() => (wasAborted = scope.signal.aborted));
    const reason = new JumpstarterError("the lease ended", { code: "cancelled", reason: "LEASE_ENDED" });

    await scope.close(reason);

    expect(wasAborted).toBe(true);
    expect(scope.signal.reason).toBe(reason);
  });

  it("may be closed twice and cleans up once", async () => {
    let count = 0;
    const scope = createScope("bench");
    scope.defer(() => (count += 1));

    await Promise.all([scope.close(), scope.close()]);
    await scope.close();

    expect(count).toBe(1);
  });

  it("closes its children with it, and forgets a child that closed earlier", async () => {
    const closed: string[] = [];
    const scope = createScope("session");
    const early = scope.child("power");
    early.defer(() => closed.push("power"));
    scope.child("serial").defer(() => closed.push("serial"));

    await early.close();
    await scope.close();

    expect(closed).toEqual(["power", "serial"]);
  });

  it("throws from `await using` when a clean-up failed, so that nobody takes it for success", async () => {
    const work = async (): Promise<void> => {
      await using scope = createScope("bench");
      scope.defer(() => {
        throw new JumpstarterError("relay 3 does not answer", { code: "unavailable", reason: "RELAY_SILENT" });
      });
    };

    const error: unknown = await work().catch((thrown: unknown) => thrown);

    expect(isJumpstarterError(error) && error.reason).toBe("RELAY_SILENT");
  });
});
