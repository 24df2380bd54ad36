import { JumpstarterError } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { startOperation, type OperationContext } from "./operation.ts";

/** An operation whose steps the test takes. */
function controlled(options: { readonly signal?: AbortSignal } = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const contexts: OperationContext<number>[] = [];
  const operation = startOperation<string, number>(
    (context) => {
      contexts.push(context);
      context.signal.addEventListener("abort", () => reject(new Error("torn down")));
      return promise;
    },
    { ...options, what: "the test" },
  );
  return { operation, contexts, report: (step: number) => contexts[0]?.report(step), resolve, reject };
}

describe("an operation", () => {
  it("runs once for whoever awaits and whoever iterates", async () => {
    const { operation, contexts, report, resolve } = controlled();
    const seen = Array.fromAsync(operation);
    const seenByAnother = Array.fromAsync(operation);
    report(1);
    await expect.poll(() => operation.progress).toBe(1);
    resolve("done");

    expect(await operation).toBe("done");
    expect(await operation).toBe("done");
    expect(await seen).toEqual([1]);
    expect(await seenByAnother).toEqual([1]);
    expect(contexts).toHaveLength(1);
  });

  it("starts at once, whether or not anyone looks", () => {
    const { contexts, resolve } = controlled();
    expect(contexts).toHaveLength(1);
    resolve("done");
  });

  it("shows a slow reader the newest progress, and the last one always", async () => {
    const { operation, report, resolve } = controlled();
    const reader = operation[Symbol.asyncIterator]();
    report(1);
    report(2);
    report(3);
    expect(await reader.next()).toEqual({ done: false, value: 3 });
    const next = reader.next();
    report(4);
    expect(await next).toEqual({ done: false, value: 4 });
    report(5);
    resolve("done");
    expect(await reader.next()).toEqual({ done: false, value: 5 });
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    expect(await Array.fromAsync(operation)).toEqual([5]);
  });

  it("goes on when a reader leaves its loop", async () => {
    const { operation, report, resolve } = controlled();
    report(1);
    for await (const step of operation) if (step === 1) break;
    report(2);
    resolve("done");
    expect(await operation).toBe("done");
  });

  it("tells a failure to both views", async () => {
    const { operation, reject } = controlled();
    const seen = Array.fromAsync(operation);
    const failure = new JumpstarterError("the board is gone", { code: "unavailable", reason: "GONE" });
    reject(failure);
    await expect(operation).rejects.toBe(failure);
    await expect(seen).rejects.toBe(failure);
    await expect(operation.catch(() => "caught")).resolves.toBe("caught");
  });

  it("is over for a reader alone, without a rejection that nobody handles", async () => {
    const { operation, reject } = controlled();
    const seen = Array.fromAsync(operation);
    reject(new Error("gone"));
    await expect(seen).rejects.toThrow("gone");
  });

  it("is cancelled by cancel(), however its work was torn down", async () => {
    const { operation } = controlled();
    operation.cancel();
    operation.cancel();
    await expect(operation).rejects.toMatchObject({ code: "cancelled", reason: "ABORTED" });
  });

  it("keeps what cancelled work has to say beyond that it broke off", async () => {
    const failure = new JumpstarterError("the switch is stuck", { code: "failed-precondition", reason: "STUCK" });
    const operation = startOperation(
      ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(failure))),
      { what: "the test" },
    );
    operation.cancel();
    await expect(operation).rejects.toBe(failure);
  });

  it("is cancelled by its signal, also by one that is aborted already", async () => {
    const stop = new AbortController();
    const { operation } = controlled({ signal: stop.signal });
    stop.abort();
    await expect(operation).rejects.toMatchObject({ code: "cancelled" });
    const late = controlled({ signal: AbortSignal.abort() });
    await expect(late.operation).rejects.toMatchObject({ code: "cancelled" });
    expect(late.contexts).toHaveLength(0);
  });

  it("is harmless to cancel when it is over", async () => {
    const { operation, resolve } = controlled();
    resolve("done");
    await operation;
    operation.cancel();
    expect(await operation).toBe("done");
  });

  it("ends with the block that holds it", async () => {
    const { operation, contexts } = controlled();
    {
      await using held = operation;
      expect(held.progress).toBeUndefined();
    }
    expect(contexts[0]?.signal.aborted).toBe(true);
    await expect(operation).rejects.toMatchObject({ code: "cancelled" });
  });
});
