import { serve } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { expectSame, type Picture } from "@jumpstarter-ts/picture";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { expect, it } from "vitest";

import { rfbServer } from "../test/rfb-server.ts";
import { openVnc } from "./driver.ts";
import { vnc, type VncClient } from "./index.ts";

// #region example
const clock = { x: 560, y: 0, width: 80, height: 20 };

async function greeter(device: { readonly screen: VncClient }, reference: Picture): Promise<void> {
  const picture = await device.screen.waitForStable({ quietMs: 500, ignore: [clock] });
  expectSame(picture, reference, { ignore: [clock], channelTolerance: 8, mostDiffering: 0.001 });
}
// #endregion

it("compares a screen as the README shows it", async () => {
  const server = rfbServer({ width: 640, height: 480 });
  const tcp = serve(network, { connect: () => server.connect(), address: () => "" });
  await using served = await serveDriver(openVnc, { definition: vnc, children: { tcp } });
  const reference = server.picture();

  server.paint(clock, [255, 255, 255]);
  await greeter({ screen: served.client }, reference);
  server.paint({ x: 0, y: 100, width: 100, height: 10 }, [255, 255, 255]);

  await expect(greeter({ screen: served.client }, reference)).rejects.toThrow("all in the 100 × 10 pixels at 0,100");
});
