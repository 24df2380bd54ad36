import { note, test } from "../board.ts";

test("holds the board until somebody ends it", async ({ at, dut: { uboot }, dutLease }) => {
  await at("prompt");
  note(`worker ${process.pid}`);
  await new Promise((_resolve, reject) => {
    dutLease.signal.addEventListener("abort", () => reject(new Error("cut")));
  });
  await uboot.prompt();
});
