// #region first
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { dutTest } from "@jumpstarter-ts/vitest";
import { expect } from "vitest";

const test = dutTest({ power, console: serial });

test("boots to a prompt and says its version", async ({ dut: { power, console } }) => {
  await power.on();
  await expect(console).toEmit("> ", { timeout: "5s" });

  await console.sendLine("version");

  const { version } = await console.waitFor("jumpstarter-uno {version:word}");
  expect(version).toBe("1.0.0");
});
// #endregion

test("explains itself when asked for help", async ({ dut: { power, console } }) => {
  await power.on();
  await console.waitFor("> ");

  await console.sendLine("help");

  await expect(console).toEmitInOrder(["version", "led on|off", "adc N", "eeprom read ADDR"]);
});

test("recovers from a crash through its watchdog", async ({ dut: { power, console } }) => {
  await power.on();
  await console.waitFor("> ");

  await console.sendLine("crash");

  await expect(console).toEmit("reset: watchdog", { timeout: "5s" });
});

test("keeps what it stored when the power goes", async ({ dut: { power, console } }) => {
  await power.on();
  await console.waitFor("> ");
  await console.sendLine("eeprom write 7 42");
  await console.waitFor("eeprom 7 = 42");

  await power.cycle({ offForMs: 50 });
  await console.waitFor("reset: ");
  await console.waitFor("> ");
  await console.sendLine("eeprom read 7");

  const { value } = await console.waitFor("eeprom 7 = {value:int}");
  expect(value).toBe(42);
});
