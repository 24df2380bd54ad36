import { createStreamPair, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";

import { mitmproxy } from "../src/client.ts";

export interface ProxyBehaviour {
  /** What is said instead of success, by method. */
  readonly says?: Readonly<Record<string, string>>;
  /** The records of requests that are there. */
  readonly captured?: readonly object[];
}

/** A request as the driver tells it. */
export const record = {
  timestamp: "2026-11-21T09:00:00Z",
  method: "GET",
  url: "http://api.example/v1/status?full=1",
  path: "/v1/status",
  headers: { accept: "*/*" },
  query: { full: ["1"] },
  body: "",
  response_status: 200,
  was_mocked: true,
  was_patched: false,
  duration_ms: 12.5,
  response_size: 2,
  response_body: "{}",
  response_content_type: "application/json",
  response_headers: { server: "mock" },
  response_is_binary: false,
};

const success: Readonly<Record<string, string>> = {
  start: "Started in 'mock' mode on 127.0.0.1:8080 (PID 7)",
  stop: "Stopped (was 'mock' mode, PID 7)",
  restart: "Started in 'record' mode on 127.0.0.1:8080 (PID 8)",
  set_mock: "Mock set: GET /a → 200",
  set_mock_with_latency: "Mock set: GET /a → 200 (+500ms)",
  set_mock_file: "File mock set: GET /a → x.bin (application/octet-stream)",
  set_mock_patch: "Patch mock set: GET /a",
  set_mock_sequence: "Sequence mock set: GET /a → 2 step(s)",
  set_mock_template: "Template mock set: GET /a → 200",
  set_mock_addon: "Addon mock set: GET /a → hls",
  set_mock_conditional: "Conditional mock set: GET /a → 1 rule(s)",
  remove_mock: "Removed mock: GET /a",
  clear_mocks: "Cleared 1 mock(s)",
  load_mock_scenario: "Loaded 1 endpoint(s) from s.yaml",
  load_mock_scenario_content: "Loaded 1 endpoint(s) from s.yaml",
  upload_mock_file: "Uploaded: x.bin (2 bytes)",
  set_state: "State set: k",
  clear_state: "Cleared 1 state key(s)",
  get_ca_cert: "-----BEGIN CERTIFICATE-----\n",
  get_ca_cert_path: "/data/conf/mitmproxy-ca-cert.pem",
  clear_captured_requests: "Cleared 0 captured request(s)",
  clean_capture_spool: "Removed 0 spool file(s)",
};

/** A driver that says what Python's says, and notes what it was asked. */
export async function openProxy({ says = {}, captured = [] }: ProxyBehaviour = {}) {
  const calls: unknown[] = [];
  let isRunning = false;
  const saying =
    (method: string) =>
    (...args: unknown[]): string => {
      calls.push([method, ...args.slice(0, -1)]);
      const said = says[method] ?? success[method] ?? "";
      if (said.startsWith("Started")) isRunning = true;
      if (method === "stop") isRunning = false;
      return said;
    };
  const status = {
    running: true,
    mode: "record",
    pid: 7,
    proxy_address: "127.0.0.1:8080",
    web_ui_enabled: true,
    web_ui_address: "http://127.0.0.1:8081/?token=t",
    mock_count: 1,
    flow_file: "/data/flows/capture.bin",
  };
  const served = await serveDriver(
    serve(mitmproxy, {
      start: saying("start"),
      stop: saying("stop"),
      restart: saying("restart"),
      status: () => JSON.stringify(isRunning ? status : { ...status, running: false, pid: null, flow_file: null }),
      is_running: () => isRunning,
      connect_web() {
        const { near, far } = createStreamPair();
        far.end("HTTP/1.1 200 OK\r\n\r\n");
        return near;
      },
      set_mock: saying("set_mock"),
      set_mock_with_latency: saying("set_mock_with_latency"),
      set_mock_file: saying("set_mock_file"),
      set_mock_patch: saying("set_mock_patch"),
      set_mock_sequence: saying("set_mock_sequence"),
      set_mock_template: saying("set_mock_template"),
      set_mock_addon: saying("set_mock_addon"),
      set_mock_conditional: saying("set_mock_conditional"),
      remove_mock: saying("remove_mock"),
      clear_mocks: saying("clear_mocks"),
      list_mocks: () => '{\n  "GET /a": { "status": 200 }\n}',
      list_addons: () => '["mock_addon"]',
      load_mock_scenario: saying("load_mock_scenario"),
      load_mock_scenario_content: saying("load_mock_scenario_content"),
      upload_mock_file: saying("upload_mock_file"),
      set_state: saying("set_state"),
      get_state: (key) => (key === "k" ? '{"a": 1}' : "null"),
      clear_state: saying("clear_state"),
      get_all_state: () => '{"k": {"a": 1}}',
      list_flow_files: () =>
        '[{"name": "capture.bin", "path": "/data/flows/capture.bin", "size_bytes": 3, "modified": "2026-11-21"}]',
      async *get_flow_file(name) {
        calls.push(["get_flow_file", name]);
        yield "AAE=";
        yield "Ag==";
      },
      get_ca_cert_path: saying("get_ca_cert_path"),
      get_ca_cert: saying("get_ca_cert"),
      get_captured_requests: () => JSON.stringify(captured),
      async *watch_captured_requests() {
        for (const request of captured) yield JSON.stringify(request);
      },
      clear_captured_requests: saying("clear_captured_requests"),
      wait_for_request(method, path, timeoutS) {
        calls.push(["wait_for_request", method, path, timeoutS]);
        return JSON.stringify(captured[0] ?? { error: `Timed out waiting for ${method} ${path} after ${timeoutS}s` });
      },
      export_captured_scenario(filter, excludeMocked) {
        calls.push(["export_captured_scenario", filter, excludeMocked]);
        return '{"yaml": "endpoints: {}\\n", "files": ["d/x.bin"]}';
      },
      async *get_captured_file() {
        yield "/w==";
      },
      clean_capture_spool: saying("clean_capture_spool"),
    }),
    { definition: mitmproxy },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}
