import { contract, defineDriver, implement, unary } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { composite } from "./composite.ts";
import { openComposite } from "./driver.ts";

const lamp = defineDriver({
  contract: contract({ name: "lamp", label: "acme.client.Lamp", methods: { on: unary({ result: z.string() }) } }),
  client: (remote) => ({ on: () => remote.call("on") }),
});

const openLamp = implement(lamp, z.strictObject({}), () => ({ on: () => "it is lit" }));

describe("a group of devices", () => {
  it("has the children of its configuration, by name", async () => {
    await using served = await serveDriver(openComposite, {
      definition: composite,
      children: { left: openLamp, right: openLamp },
      definitions: [lamp],
    });

    expect([...served.device.children.keys()]).toEqual(["left", "right"]);
    expect(await served.session.device("composite.left").as(lamp).on()).toBe("it is lit");
  });

  it("has no options", async () => {
    await expect(
      serveDriver(openComposite, { definition: composite, options: { colour: "red" } }),
    ).rejects.toMatchObject({ reason: "DRIVER_OPTION_INVALID" });
  });
});
