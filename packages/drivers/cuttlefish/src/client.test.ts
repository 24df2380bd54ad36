import { createStreamPair, serve, type ServedDriver } from "@jumpstarter-ts/core";
import { adb } from "@jumpstarter-ts/driver-adb";
import { flasher } from "@jumpstarter-ts/driver-storage";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { cuttlefish } from "./client.ts";
import { cuttlefishPower } from "./power.ts";

/** A virtual device that notes what it is told, and says what upstream's exporter does. */
async function openCuttlefish({ adbPort = "6520" } = {}) {
  const calls: unknown[] = [];
  const say =
    (method: string, answer: string) =>
    (...args: readonly unknown[]): string => {
      calls.push([method, ...args.slice(0, -1)]);
      return answer;
    };
  const children: Record<"power" | "storage" | "adb", ServedDriver> = {
    power: serve(cuttlefishPower, {
      on: () => void calls.push(["on"]),
      off: (destroy) => void calls.push(["off", destroy]),
      async *read() {},
    }),
    storage: serve(flasher, { flash: () => undefined, dump: () => undefined }),
    adb: serve(adb, {
      connect: () => createStreamPair().near,
      address: () => "tcp://127.0.0.1:15037",
      start_server: () => 15037,
      kill_server: () => 15037,
      list_devices: () => "List of devices attached\n0.0.0.0:6520 device\n",
    }),
  };
  const served = await serveDriver(
    serve(cuttlefish, {
      list_cvds: say("list_cvds", '{"cvds":[{"name":"1"}]}'),
      get_cvd: say("get_cvd", '{"name":"1","status":"Running"}'),
      create_cvd: say("create_cvd", "{}"),
      start_cvd: say("start_cvd", "{}"),
      stop_cvd: say("stop_cvd", "{}"),
      restart_cvd: say("restart_cvd", "restarted"),
      powerwash_cvd: say("powerwash_cvd", "{}"),
      powerbtn_cvd: say("powerbtn_cvd", "{}"),
      delete_cvd: say("delete_cvd", "{}"),
      get_host: say("get_host", "localhost:2080"),
      get_webrtc_url: say("get_webrtc_url", "https://localhost:1443"),
      get_adb_port: say("get_adb_port", adbPort),
      status: say("status", '{"ok":true}'),
      list_operations: say("list_operations", "[]"),
      wait_boot: say("wait_boot", "booted"),
      reset_host: say("reset_host", "{}"),
    }),
    { definition: cuttlefish, children },
  );
  return { ...served, calls };
}

describe("the cuttlefish client", () => {
  it("reads what the host says as JSON, and leaves a text a text", async () => {
    await using served = await openCuttlefish();
    const { client } = served;
    expect(await client.list()).toEqual({ cvds: [{ name: "1" }] });
    expect(await client.describe()).toEqual({ name: "1", status: "Running" });
    expect(await client.restart()).toBe("restarted");
    expect(await client.operations()).toEqual([]);
    expect([await client.host(), await client.webrtcUrl()]).toEqual(["localhost:2080", "https://localhost:1443"]);
    expect(await client.adbPort()).toBe(6520);
  });

  it("calls the exporter's methods by upstream's names and arguments", async () => {
    await using served = await openCuttlefish();
    const { client } = served;

    await client.create({ instances: [{ vm: { cpus: 4 } }] });
    await client.start();
    await client.waitForBoot();
    await client.waitForBoot({ bootTimeoutMs: 90_500 });
    await client.pressPowerButton();
    await client.powerwash();
    await client.status();
    await client.stop();
    await client.delete();
    await client.resetHost();

    expect(served.calls).toEqual([
      ["create_cvd", '{"instances":[{"vm":{"cpus":4}}]}'],
      ["start_cvd"],
      ["wait_boot", 0],
      ["wait_boot", 91],
      ["powerbtn_cvd"],
      ["powerwash_cvd"],
      ["status"],
      ["stop_cvd"],
      ["delete_cvd"],
      ["reset_host"],
    ]);
  });

  it("switches the device, and keeps it unless told otherwise", async () => {
    await using served = await openCuttlefish();
    const { power } = served.client;
    await power.on();
    await power.off();
    await power.off({ destroy: true });
    expect(served.calls).toEqual([["on"], ["off", false], ["off", true]]);
  });

  it("has the exporter's ADB server", async () => {
    await using served = await openCuttlefish();
    expect(await served.client.adb.devices()).toMatchObject([{ serial: "0.0.0.0:6520", state: "device" }]);
  });

  it("says so when there is no port", async () => {
    await using served = await openCuttlefish({ adbPort: "" });
    await expect(served.client.adbPort()).rejects.toMatchObject({ reason: "CUTTLEFISH_NO_PORT" });
  });
});
