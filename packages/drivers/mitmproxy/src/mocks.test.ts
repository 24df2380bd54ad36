import { describe, expect, it } from "vitest";

import { openProxy } from "../test/open-proxy.ts";

describe("mocks", () => {
  it("answer an endpoint with a body, a status and headers", async () => {
    await using proxy = await openProxy();
    await proxy.client.mocks.set("GET", "/a");
    await proxy.client.mocks.set("GET", "/a", { status: 201, body: { x: 1 }, headers: { etag: "1" } });
    await proxy.client.mocks.set("GET", "/a", { body: "hello", contentType: "text/plain" });
    expect(proxy.calls).toEqual([
      ["set_mock", "GET", "/a", 200, "{}", "application/json", "{}"],
      ["set_mock", "GET", "/a", 201, '{"x":1}', "application/json", '{"etag":"1"}'],
      ["set_mock", "GET", "/a", 200, '"hello"', "text/plain", "{}"],
    ]);
  });

  it("answer in every other way that the driver knows", async () => {
    await using proxy = await openProxy();
    const { mocks } = proxy.client;
    await mocks.setWithLatency("GET", "/a", { latencyMs: 500 });
    await mocks.setFile("GET", "/a", { filePath: "x.bin" });
    await mocks.setPatch("GET", "/a", { "items[0]": { on: true } });
    await mocks.setSequence("GET", "/a", [{ status: 200, repeat: 2 }, { status: 500 }]);
    await mocks.setTemplate("GET", "/a", { at: "{{now_iso}}" });
    await mocks.setAddon("GET", "/a", { name: "hls", config: { segments: 3 } });
    await mocks.setConditional("GET", "/a", [{ match: { query: { full: "1" } }, status: 200 }]);
    await mocks.setError("GET", "/a");
    await mocks.setError("GET", "/a", { status: 500, message: "broken" });
    await mocks.setTimeout("GET", "/a");
    expect(proxy.calls).toEqual([
      ["set_mock_with_latency", "GET", "/a", 200, "{}", 500, "application/json"],
      ["set_mock_file", "GET", "/a", "x.bin", "", 200, "{}"],
      ["set_mock_patch", "GET", "/a", '{"items[0]":{"on":true}}', "{}"],
      ["set_mock_sequence", "GET", "/a", '[{"status":200,"repeat":2},{"status":500}]'],
      ["set_mock_template", "GET", "/a", '{"at":"{{now_iso}}"}', 200],
      ["set_mock_addon", "GET", "/a", "hls", '{"segments":3}'],
      ["set_mock_conditional", "GET", "/a", '[{"match":{"query":{"full":"1"}},"status":200}]'],
      ["set_mock", "GET", "/a", 503, '{"error":"Service Unavailable","status":503}', "application/json", "{}"],
      ["set_mock", "GET", "/a", 500, '{"error":"broken","status":500}', "application/json", "{}"],
      ["set_mock", "GET", "/a", 504, '{"error":"Gateway Timeout"}', "application/json", "{}"],
    ]);
  });

  it("go with the block that set them, once", async () => {
    await using proxy = await openProxy();
    {
      await using mock = await proxy.client.mocks.set("GET", "/a");
      await mock.remove();
    }
    {
      await using _patch = await proxy.client.mocks.setPatch("PUT", "/b", {});
    }
    expect(proxy.calls.slice(1)).toEqual([
      ["remove_mock", "GET", "/a"],
      ["set_mock_patch", "PUT", "/b", "{}", "{}"],
      ["remove_mock", "PUT", "/b"],
    ]);
  });

  it("come from a scenario, and go all together", async () => {
    await using proxy = await openProxy();
    {
      await using _scenario = await proxy.client.mocks.loadScenario("s.yaml");
    }
    await proxy.client.mocks.loadScenarioContent("s.yaml", "endpoints: {}\n");
    await proxy.client.mocks.uploadFile("d/x.bin", new Uint8Array([0, 1]));
    expect(proxy.calls).toEqual([
      ["load_mock_scenario", "s.yaml"],
      ["clear_mocks"],
      ["load_mock_scenario_content", "s.yaml", "endpoints: {}\n"],
      ["upload_mock_file", "d/x.bin", "AAE="],
    ]);
  });

  it("are told, with the addons that there are", async () => {
    await using proxy = await openProxy();
    await expect(proxy.client.mocks.list()).resolves.toEqual({ "GET /a": { status: 200 } });
    await expect(proxy.client.mocks.listAddons()).resolves.toEqual(["mock_addon"]);
  });

  it("are removed, and it is told whether there was one", async () => {
    await using proxy = await openProxy();
    await expect(proxy.client.mocks.remove("GET", "/a")).resolves.toBe(true);
    await using empty = await openProxy({ says: { remove_mock: "Mock not found: GET /a" } });
    await expect(empty.client.mocks.remove("GET", "/a")).resolves.toBe(false);
  });

  it.each([
    ["set_mock_sequence", "Sequence must be a JSON array of steps", "invalid-argument"],
    ["set_mock_sequence", "Invalid JSON: Expecting value", "invalid-argument"],
  ])("are an error where %s says %j", async (method, said, code) => {
    await using proxy = await openProxy({ says: { [method]: said } });
    await expect(proxy.client.mocks.setSequence("GET", "/a", [])).rejects.toMatchObject({
      code,
      reason: "MITMPROXY_REFUSED",
      message: `mitmproxy.mocks.setSequence was refused: ${said}`,
    });
  });

  it("are an error where their file is not there", async () => {
    const says = {
      load_mock_scenario: "Scenario file not found: /data/none.yaml",
      upload_mock_file: "Invalid file path",
    };
    await using proxy = await openProxy({ says });
    await expect(proxy.client.mocks.loadScenario("none.yaml")).rejects.toMatchObject({ code: "not-found" });
    await expect(proxy.client.mocks.uploadFile("../x", new Uint8Array())).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});
