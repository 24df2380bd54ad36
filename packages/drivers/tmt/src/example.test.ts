import { echoNetwork } from "@jumpstarter-ts/driver-network/echo";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { expect, it } from "vitest";

import { openTmt } from "./driver.ts";
import { tmt, type TmtClient } from "./index.ts";

// #region example
async function smoke(device: { readonly tmt: TmtClient }, program = "tmt"): Promise<string> {
  const { exitCode, stdout } = await device.tmt.run(["run", "-a", "plan", "--name", "smoke"], { program });
  expect(exitCode).toBe(0);
  return stdout;
}
// #endregion

it("runs a plan as the README shows it", async () => {
  const options = { default_username: "root" };
  await using lab = await serveDriver(openTmt, { definition: tmt, options, children: { ssh: echoNetwork } });

  const stdout = await smoke({ tmt: lab.client }, "echo");

  expect(stdout).toMatch(/^run -a plan --name smoke provision -h connect -g 127\.0\.0\.1 -P \d+ -u root$/m);
});
