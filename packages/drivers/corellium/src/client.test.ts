import { serve } from "@jumpstarter-ts/core";
import { virtualPower } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { createPortPair, serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { corellium } from "./client.ts";

async function openCorellium() {
  const calls: unknown[] = [];
  const { near, far } = createPortPair();
  const served = await serveDriver(serve(corellium, {}), {
    definition: corellium,
    children: {
      power: serve(virtualPower, {
        on: () => void calls.push("on"),
        off: (destroy) => void calls.push(["off", destroy]),
        async *read() {},
      }),
      serial: serve(serial, { connect: () => near }),
    },
  });
  return { ...served, calls, far };
}

describe("the corellium client", () => {
  it("keeps the virtual board when it is switched off, unless told otherwise", async () => {
    await using served = await openCorellium();
    const { power } = served.client;
    await power.on();
    await power.off();
    await power.off({ destroy: true });
    expect(served.calls).toEqual(["on", ["off", false], ["off", true]]);
  });

  it("has the board's console", async () => {
    await using served = await openCorellium();
    const { serial: console } = served.client;
    await console.sendLine("help");
    await expect(served.far.received("help")).resolves.toMatchObject({ text: "help" });
    await served.far.send("Zephyr 3.7\n");
    await expect(console.waitFor("Zephyr {version}", { since: "start" })).resolves.toMatchObject({ version: "3.7" });
  });
});
