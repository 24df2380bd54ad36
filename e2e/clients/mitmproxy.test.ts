import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { readAll } from "@jumpstarter-ts/core";
import { mitmproxy } from "@jumpstarter-ts/driver-mitmproxy";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

/** Stands in for the proxy itself: it listens where it is told to. */
const tool = `#!/usr/bin/env python
import socket, sys, time
ports = [int(sys.argv[i + 1]) for i, name in enumerate(sys.argv) if name in ("--listen-port", "--web-port")]
servers = [socket.create_server(("127.0.0.1", port)) for port in ports]
time.sleep(60)
`;

/** The driver is a package of its own, which the peer need not have. */
async function openLab() {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-mitmproxy-"));
  const data = join(directory, "data");
  await mkdir(join(data, "flows"), { recursive: true });
  await writeFile(join(data, "flows", "capture.bin"), new Uint8Array([0, 1, 2]));
  for (const name of ["mitmdump", "mitmweb"]) {
    await writeFile(join(directory, name), tool);
    await chmod(join(directory, name), 0o755);
  }
  const before = process.env["PATH"];
  process.env["PATH"] = `${directory}${delimiter}${before}`;
  const exporter = await startPythonExporter(`export:
  proxy:
    type: jumpstarter_driver_mitmproxy.driver.MitmproxyDriver
    config:
      listen: { port: 18480 }
      web: { port: 18481 }
      directories: { data: ${JSON.stringify(data)} }
`).finally(() => (process.env["PATH"] = before));
  const session = await connect({ host: exporter.host, allow: ["UNSAFE"] });
  return {
    proxy: session.device("proxy").as(mitmproxy),
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("mitmproxy of a Python exporter", () => {
  it("takes every kind of mock, and says why it does not", async () => {
    await using lab = await openLab();
    const { mocks, state } = lab.proxy;

    await mocks.set("GET", "/text", { body: "hello", contentType: "text/plain" });
    await mocks.setWithLatency("GET", "/late", { latencyMs: 5 });
    await mocks.setFile("GET", "/file", { filePath: "x.bin" });
    await mocks.setPatch("GET", "/patch", { a: { b: 1 } });
    await mocks.setSequence("GET", "/steps", [{ status: 200, body: {}, repeat: 2 }, { status: 500 }]);
    await mocks.setTemplate("GET", "/template", { at: "{{now_iso}}" });
    await mocks.setAddon("GET", "/addon", { name: "mock_addon" });
    await mocks.setConditional("GET", "/rules", [{ match: { query: { a: "1" } }, status: 200 }, { status: 404 }]);
    await mocks.setError("GET", "/error");
    const gone = await mocks.setTimeout("GET", "/timeout");
    await gone.remove();

    const list = await mocks.list();
    expect(Object.keys(list)).toHaveLength(9);
    expect(list["GET /text"]).toMatchObject({ status: 200, body: "hello", content_type: "text/plain" });
    await expect(mocks.remove("GET", "/timeout")).resolves.toBe(false);
    await expect(mocks.setConditional("GET", "/rules", [])).rejects.toMatchObject({ reason: "MITMPROXY_REFUSED" });
    await expect(mocks.loadScenario("none.yaml")).rejects.toMatchObject({ code: "not-found" });
    await expect(mocks.uploadFile("../x.bin", new Uint8Array())).rejects.toMatchObject({ code: "invalid-argument" });
    await mocks.uploadFile("x.bin", new Uint8Array([0, 1]));
    {
      await using _scenario = await mocks.loadScenarioContent("s.yaml", "endpoints:\n  GET /z:\n    status: 201\n");
      await expect(mocks.list()).resolves.toHaveProperty(["GET /z"]);
    }
    await expect(mocks.list()).resolves.toEqual({});

    await state.set("k", { a: 1 });
    await expect(state.get("k")).resolves.toEqual({ a: 1 });
    await expect(state.get("absent")).resolves.toBeNull();
    await expect(state.all()).resolves.toEqual({ k: { a: 1 } });
    await state.clear();
  });

  it("runs for a session, and tells what it keeps", async () => {
    await using lab = await openLab();
    const { proxy } = lab;
    await proxy.stop();
    {
      await using session = await proxy.session({ webUi: true });
      expect(session.status).toMatchObject({ isRunning: true, mode: "mock", proxyAddress: "127.0.0.1:18480" });
      expect(session.status.webUiUrl).toContain("127.0.0.1:18481");
      await expect(proxy.start()).rejects.toMatchObject({ code: "failed-precondition" });
    }
    await expect(proxy.isRunning()).resolves.toBe(false);

    await expect(proxy.start({ mode: "replay" })).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(proxy.caCert()).rejects.toMatchObject({ code: "not-found" });
    await expect(proxy.flowFiles()).resolves.toMatchObject([{ name: "capture.bin", sizeBytes: 3 }]);
    await expect(readAll(proxy.readFlowFile("capture.bin"))).resolves.toEqual(Buffer.from([0, 1, 2]));
    await expect(proxy.captures.during(async () => undefined)).resolves.toEqual([]);
    await expect(proxy.captures.waitFor("GET", "/x", { waitMs: 50 })).rejects.toMatchObject({
      code: "deadline-exceeded",
    });
    await expect(proxy.captures.exportScenario()).resolves.toMatchObject({ files: [] });
    await proxy.captures.cleanSpool();
  });
});
