import { fileURLToPath } from "node:url";

import { dutTest } from "@jumpstarter-ts/vitest";
import { expect } from "vitest";

const test = dutTest("board");
const image = fileURLToPath(new URL("../board/disk.img", import.meta.url));
const login = { login: { user: "root" }, nudgeAfter: 0 } as const;

test("is as it was once it is flashed again", { timeout: 180_000 }, async ({ dut: { power, console, flasher } }) => {
  await power.on();
  await console.waitFor("login: ", { timeout: "60s" });
  const used = await console.shell(login);
  await used`rm -rf /etc/ssh /root/.ssh && echo broken >/etc/board-version && sync`;
  await power.off();

  await flasher.flash(image);

  await power.on();
  await console.waitFor("login: ", { timeout: "60s" });
  const sh = await console.shell(login);
  expect(await sh`cat /etc/board-version`).toMatchObject({ stdout: "1.0.0" });
});
