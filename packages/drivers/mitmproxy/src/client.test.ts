import { readAll } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openProxy } from "../test/open-proxy.ts";

describe("the proxy", () => {
  it("starts, tells how it is, and stops", async () => {
    await using proxy = await openProxy();
    await proxy.client.start();
    await expect(proxy.client.isRunning()).resolves.toBe(true);
    await expect(proxy.client.status()).resolves.toEqual({
      isRunning: true,
      mode: "record",
      pid: 7,
      proxyAddress: "127.0.0.1:8080",
      isWebUiEnabled: true,
      webUiUrl: "http://127.0.0.1:8081/?token=t",
      mockCount: 1,
      flowFile: "/data/flows/capture.bin",
    });
    await proxy.client.stop();
    expect(proxy.calls).toEqual([["start", "mock", false, "", 0], ["stop"]]);
  });

  it("starts anew with what changes", async () => {
    await using proxy = await openProxy();
    await proxy.client.restart();
    await proxy.client.restart({ mode: "replay", replayFile: "capture.bin", webUi: true, port: 9_090 });
    expect(proxy.calls).toEqual([
      ["restart", "", false, "", 0],
      ["restart", "replay", true, "capture.bin", 9_090],
    ]);
  });

  it.each([
    ["Already running in 'mock' mode (PID 7). Stop first.", "failed-precondition"],
    ["Unknown mode 'nope'. Use: mock, passthrough, record, replay", "invalid-argument"],
    ["Replay file not found: x.bin", "not-found"],
    ["Failed to start: exited with code 1", "unavailable"],
  ])("rejects where the driver only says %j", async (said, code) => {
    await using proxy = await openProxy({ says: { start: said } });
    await expect(proxy.client.start()).rejects.toMatchObject({
      code,
      reason: "MITMPROXY_REFUSED",
      message: `mitmproxy.start was refused: ${said}`,
    });
  });

  it("is stopped when it does not run without complaint", async () => {
    await using proxy = await openProxy({ says: { stop: "Not running" } });
    await expect(proxy.client.stop()).resolves.toBeUndefined();
  });

  it("tells its certificate, or that there is none yet", async () => {
    await using proxy = await openProxy();
    await expect(proxy.client.caCert()).resolves.toContain("BEGIN CERTIFICATE");
    await expect(proxy.client.caCertPath()).resolves.toBe("/data/conf/mitmproxy-ca-cert.pem");
    const absent = "CA cert not found at /data. Start proxy once to generate.";
    await using fresh = await openProxy({ says: { get_ca_cert: `Error: ${absent}`, get_ca_cert_path: absent } });
    const refused = { code: "not-found", message: expect.stringContaining("Start proxy once") };
    await expect(fresh.client.caCert()).rejects.toMatchObject(refused);
    await expect(fresh.client.caCertPath()).rejects.toMatchObject(refused);
  });

  it("gives its recordings", async () => {
    await using proxy = await openProxy();
    await expect(proxy.client.flowFiles()).resolves.toEqual([
      { name: "capture.bin", path: "/data/flows/capture.bin", sizeBytes: 3, modified: "2026-11-21" },
    ]);
    const content = await readAll(proxy.client.readFlowFile("capture.bin"));
    expect([...content]).toEqual([0, 1, 2]);
    expect(proxy.calls).toEqual([["get_flow_file", "capture.bin"]]);
  });

  it("opens its web interface", async () => {
    await using proxy = await openProxy();
    const stream = await proxy.client.openWeb();
    const page = Buffer.from(await readAll(stream)).toString();
    expect(page).toContain("200 OK");
  });

  it("keeps values for templates", async () => {
    await using proxy = await openProxy();
    await proxy.client.state.set("k", { a: 1 });
    await proxy.client.state.set("none", undefined);
    await expect(proxy.client.state.get("k")).resolves.toEqual({ a: 1 });
    await expect(proxy.client.state.get("absent")).resolves.toBeNull();
    await expect(proxy.client.state.all()).resolves.toEqual({ k: { a: 1 } });
    await proxy.client.state.clear();
    expect(proxy.calls).toEqual([["set_state", "k", '{"a":1}'], ["set_state", "none", "null"], ["clear_state"]]);
  });
});

describe("a session", () => {
  it("runs the proxy until its block is left, also by an error", async () => {
    await using proxy = await openProxy();
    const leaving = (async () => {
      await using _session = await proxy.client.session({ mode: "passthrough", webUi: true });
      throw new Error("the test failed");
    })();
    await expect(leaving).rejects.toThrow("the test failed");
    expect(proxy.calls).toEqual([["start", "passthrough", true, "", 0], ["stop"]]);
  });

  it("that records tells where to", async () => {
    await using proxy = await openProxy();
    await using recording = await proxy.client.recording();
    expect(recording.status.flowFile).toBe("/data/flows/capture.bin");
    expect(proxy.calls).toEqual([["start", "record", false, "", 0]]);
  });

  it("leaves a proxy alone that another started", async () => {
    await using proxy = await openProxy();
    await proxy.client.start();
    await expect(proxy.client.session()).rejects.toMatchObject({ code: "failed-precondition" });
    expect(proxy.calls).toEqual([["start", "mock", false, "", 0]]);
  });

  it("cleans up after a start that failed", async () => {
    await using proxy = await openProxy({ says: { start: "Failed to start: port in use" } });
    await expect(proxy.client.session()).rejects.toThrow("port in use");
    expect(proxy.calls).toEqual([["start", "mock", false, "", 0], ["stop"]]);
  });
});
