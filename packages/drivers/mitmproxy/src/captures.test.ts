import { readAll } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openProxy, record } from "../test/open-proxy.ts";

const captured = [record, { method: "PUT", path: "/v1/light", url: "http://api.example/v1/light" }];

describe("captured requests", () => {
  it("tell what was asked and answered", async () => {
    await using proxy = await openProxy({ captured });
    const [first, second] = await proxy.client.captures.list();
    expect(first).toEqual({
      timestamp: "2026-11-21T09:00:00Z",
      method: "GET",
      url: "http://api.example/v1/status?full=1",
      path: "/v1/status",
      headers: { accept: "*/*" },
      query: { full: ["1"] },
      body: "",
      responseStatus: 200,
      wasMocked: true,
      wasPatched: false,
      durationMs: 12.5,
      responseSizeBytes: 2,
      responseBody: "{}",
      responseBodyFile: undefined,
      responseContentType: "application/json",
      responseHeaders: { server: "mock" },
      isResponseBinary: false,
    });
    expect(second).toMatchObject({ method: "PUT", body: "", responseStatus: undefined });
  });

  it("are told as they come", async () => {
    await using proxy = await openProxy({ captured });
    const paths: string[] = [];
    for await (const { path } of proxy.client.captures.watch()) paths.push(path);
    expect(paths).toEqual(["/v1/status", "/v1/light"]);
  });

  it("of a piece of work are those that came meanwhile", async () => {
    await using proxy = await openProxy({ captured });
    const requests = await proxy.client.captures.during(async () => void proxy.calls.push("work"));
    expect(proxy.calls).toEqual([["clear_captured_requests"], "work"]);
    expect(requests).toHaveLength(2);
  });

  it("are waited for, with an end to the waiting", async () => {
    await using proxy = await openProxy({ captured });
    await expect(proxy.client.captures.waitFor("GET", "/v1/*")).resolves.toMatchObject({ path: "/v1/status" });
    await using silent = await openProxy();
    await expect(silent.client.captures.waitFor("GET", "/v1/*", { waitMs: 200 })).rejects.toMatchObject({
      code: "deadline-exceeded",
      reason: "REQUEST_NOT_CAPTURED",
      message: expect.stringContaining("GET /v1/*"),
    });
    expect([...proxy.calls, ...silent.calls]).toEqual([
      ["wait_for_request", "GET", "/v1/*", 10],
      ["wait_for_request", "GET", "/v1/*", 0.2],
    ]);
  });

  it("are expected, by their path or its beginning", async () => {
    await using proxy = await openProxy({ captured });
    await expect(proxy.client.captures.expect("PUT", "/v1/light")).resolves.toMatchObject({ method: "PUT" });
    await expect(proxy.client.captures.expect("PUT", "/v1/*")).resolves.toMatchObject({ method: "PUT" });
    await expect(proxy.client.captures.expect("PUT", "/v1")).rejects.toMatchObject({
      code: "not-found",
      reason: "REQUEST_NOT_CAPTURED",
      message: "PUT /v1 was not captured; there was GET /v1/status, PUT /v1/light",
    });
    await using silent = await openProxy();
    await expect(silent.client.captures.expect("GET", "*")).rejects.toThrow("there was nothing");
  });

  it("become a scenario with its files", async () => {
    await using proxy = await openProxy();
    await expect(proxy.client.captures.exportScenario()).resolves.toEqual({
      yaml: "endpoints: {}\n",
      files: ["d/x.bin"],
    });
    await proxy.client.captures.exportScenario({ filter: "/v1/*", excludeMocked: true });
    expect([...(await readAll(proxy.client.captures.readFile("d/x.bin")))]).toEqual([0xff]);
    await proxy.client.captures.cleanSpool();
    expect(proxy.calls).toEqual([
      ["export_captured_scenario", "", false],
      ["export_captured_scenario", "/v1/*", true],
      ["clean_capture_spool"],
    ]);
  });
});
