import { bytes, readAll } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openDriver } from "../test/open-driver.ts";
import { unixServer } from "../test/servers.ts";
import { unixNetwork } from "./unix.ts";

describe("unix", () => {
  it("carries bytes both ways and half-closes", async () => {
    await using server = await unixServer((socket) => socket.pipe(socket));
    await using driver = await openDriver(unixNetwork, { path: server.path });

    const stream = await driver.connect();
    stream.end(bytes("over a path"));

    expect(Buffer.from(await readAll(stream)).toString()).toBe("over a path");
  });

  it("looks for a relative path beside the exporter's configuration, and says what it looked for", async () => {
    await using driver = await openDriver(unixNetwork, { path: "run/no-such-socket" });

    await expect(driver.connect()).rejects.toMatchObject({
      message: expect.stringMatching(/unix socket \/.*\/run\/no-such-socket failed: there is no such socket/),
      code: "unavailable",
      reason: "SOCKET_NOT_FOUND",
    });
  });

  it("has no address", async () => {
    await using driver = await openDriver(unixNetwork, { path: "socket" });

    await expect(driver.address()).rejects.toThrow("no method address");
  });
});
