import { note, test } from "../board.ts";

test("does not hear that it is to end", async ({ at, dutLease }) => {
  await at("prompt");
  dutLease.signal.addEventListener("abort", () => {
    note("asked to end");
    // Nothing else in this process has a turn any more.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  });
  note(`worker ${process.pid}`);
  await new Promise(() => undefined);
});
