import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { dutTest } from "@jumpstarter-ts/vitest";
import { expect } from "vitest";

const test = dutTest({ power, serial });

test("a rail of Python's is switched and measured", async ({ dut }) => {
  await dut.power.on();

  expect((await Array.fromAsync(dut.power.read())).at(-1)).toMatchObject({ voltage: 5, current: 2 });
});

test("a serial port of Python's is a console", async ({ dut }) => {
  await dut.serial.sendLine("answer 42");

  const { answer } = await dut.serial.waitFor("answer {answer:int}", { timeout: "5s" });
  expect(answer).toBe(42);
});
