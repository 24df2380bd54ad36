import { once } from "node:events";

import { bytes } from "@jumpstarter-ts/core";
import { afterEach, describe, expect, it, vi } from "vitest";

import { openDriver } from "../test/open-driver.ts";
import { unixServer } from "../test/servers.ts";
import { dbusSocketNetwork, parseBusAddress } from "./dbus.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("dbus", () => {
  it("connects to the bus that the exporter's environment names, and says which kind it is", async () => {
    await using bus = await unixServer((socket) => socket.once("data", () => socket.write("DATA\r\n")));
    vi.stubEnv("DBUS_SESSION_BUS_ADDRESS", `unix:path=${bus.path},guid=0123456789abcdef`);
    await using driver = await openDriver(dbusSocketNetwork, { kind: "session" });

    const stream = await driver.connect();
    stream.write(bytes("\0AUTH\r\n"));
    const [answer] = await once(stream, "data");

    expect(String(answer)).toBe("DATA\r\n");
    expect(driver.labels).toEqual({ "jumpstarter.dev/dbusnetwork/kind": "session" });
  });

  it("says that there is no bus", async () => {
    vi.stubEnv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/no/such/bus");
    await using driver = await openDriver(dbusSocketNetwork, { kind: "system" });

    await expect(driver.connect()).rejects.toMatchObject({ reason: "SOCKET_NOT_FOUND" });
  });

  it.each([
    ["unix:path=/run/bus", { path: "/run/bus" }],
    ["unix:abstract=/tmp/dbus-x,guid=1", { path: "\0/tmp/dbus-x" }],
    ["unix:path=/run/a%20b", { path: "/run/a b" }],
    ["launchd:env=X;tcp:host=127.0.0.1,port=4000", { host: "127.0.0.1", port: 4_000 }],
  ])("reads the bus address %s", (list, target) => {
    expect(parseBusAddress(list)).toEqual(target);
  });

  it("says that a bus address has no socket to connect to", async () => {
    vi.stubEnv("DBUS_SYSTEM_BUS_ADDRESS", "launchd:env=X");

    await expect(openDriver(dbusSocketNetwork, { kind: "system" })).rejects.toMatchObject({
      code: "unsupported",
      reason: "BUS_ADDRESS_UNSUPPORTED",
    });
  });
});
