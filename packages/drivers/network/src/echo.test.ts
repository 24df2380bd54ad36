import { bytes } from "@jumpstarter-ts/core";
import { expect, it } from "vitest";

import { openDriver } from "../test/open-driver.ts";
import { echoNetwork } from "./echo.ts";

it("echoes every chunk as it came, and ends when its caller does", async () => {
  await using driver = await openDriver(echoNetwork, {});
  const stream = await driver.connect();

  stream.write(bytes("one"));
  stream.end(bytes("two"));

  expect((await stream.toArray()).map(String)).toEqual(["111,110,101", "116,119,111"]);
});

it("is closed with the session", async () => {
  await using driver = await openDriver(echoNetwork, undefined);
  const stream = await driver.connect();

  await driver.close();

  expect(stream.closed).toBe(true);
});
