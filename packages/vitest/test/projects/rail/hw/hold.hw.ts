import { note, railTest as test } from "../rail-test.ts";

test("holds the rail until somebody ends it", { timeout: 60_000 }, async ({ dut: { power }, dutLease, signal }) => {
  await power.on();
  note(`worker ${process.pid}`);
  await new Promise((_resolve, reject) => {
    dutLease.signal.addEventListener("abort", () => reject(new Error("cut", { cause: signal.reason })));
  });
});
