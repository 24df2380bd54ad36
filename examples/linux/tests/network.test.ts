import { dutTest } from "@jumpstarter-ts/vitest";
import { expect } from "vitest";

const test = dutTest("board");

test("lets its users in over ssh", async ({ dut: { power, console, ssh } }) => {
  await power.on();
  await console.waitFor("login: ", { timeout: "60s" });

  await expect.poll(() => ssh.run("uname -m"), { timeout: 30_000 }).toMatchObject({ exitCode: 0, stdout: "aarch64\n" });
});
