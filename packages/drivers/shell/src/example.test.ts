import { serveDriver } from "@jumpstarter-ts/testkit";
import { expect, it } from "vitest";

import { openShell } from "./driver.ts";
import { shell, type ShellClient } from "./index.ts";

// #region example
async function attenuate(device: { readonly lab: ShellClient }): Promise<string> {
  const { exitCode, stdout } = await device.lab.run("attenuate", ["2"], { env: { LEVEL: "30" } });
  expect(exitCode).toBe(0);
  return stdout;
}
// #endregion

it("runs a command as the README shows it", async () => {
  const methods = { attenuate: 'echo "port $1 now has ${LEVEL} dB"' };
  await using lab = await serveDriver(openShell, { definition: shell, options: { methods } });

  expect(await attenuate({ lab: lab.client })).toBe("port 2 now has 30 dB\n");
});
