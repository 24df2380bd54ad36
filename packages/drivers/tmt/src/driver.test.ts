import { echoNetwork } from "@jumpstarter-ts/driver-network/echo";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { tmt } from "./client.ts";
import { openTmt } from "./driver.ts";

const children = { ssh: echoNetwork };

describe("the tmt guest of a lab", () => {
  it("says how to reset it and how to log in", async () => {
    const options = { reboot_cmd: "j power cycle", default_username: "root", default_password: "secret" };
    await using lab = await serveDriver(openTmt, { definition: tmt, options, children });

    expect(await lab.client.rebootCommand()).toBe("j power cycle");
    expect(await lab.client.defaultLogin()).toEqual({ username: "root", password: "secret" });
  });

  it("says nothing where the lab says nothing", async () => {
    await using lab = await serveDriver(openTmt, { definition: tmt, children });

    expect(await lab.client.rebootCommand()).toBe("");
    expect(await lab.client.defaultLogin()).toEqual({ username: "", password: "" });
  });

  it("needs the connection to its ssh server", async () => {
    await expect(serveDriver(openTmt, { definition: tmt })).rejects.toMatchObject({ reason: "CHILD_MISSING" });
  });
});
