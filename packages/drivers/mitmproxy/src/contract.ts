import { argument, byteStream, contract, streaming, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

import { capturedRequest, flowFile, json, proxyStatus } from "./results.ts";

/** A sentence that tells how it went; upstream's driver raises few errors. */
const said = z.string();
const text = (name: string) => argument(name, z.string());
const flag = (name: string) => argument(name, z.boolean());
const start = [
  text("mode"),
  flag("web_ui"),
  text("replay_file"),
  argument("port", z.int().min(0).max(0xffff), { help: "0 for the configured one" }),
] as const;
const endpoint = [argument("method", z.string().min(1)), argument("path", z.string().min(1))] as const;
const status = argument("status", z.int().min(100).max(599));

/** Nearly everything travels as text, much of it JSON. */
export const mitmproxyContract = contract({
  name: "mitmproxy",
  label: "jumpstarter_driver_mitmproxy.client.MitmproxyClient",
  methods: {
    start: unary({ help: "Start the proxy", arguments: start, result: said }),
    stop: unary({ help: "Stop the proxy", result: said }),
    restart: unary({ help: "Stop the proxy and start it anew", arguments: start, result: said }),
    status: unary({ help: "Tell how the proxy is", result: json(proxyStatus) }),
    is_running: unary({ help: "Tell whether the proxy runs", result: z.boolean() }),
    connect_web: byteStream({ help: "A connection to the web interface" }),

    set_mock: unary({
      help: "Answer an endpoint from here",
      arguments: [...endpoint, status, text("body"), text("content_type"), text("headers")],
      result: said,
    }),
    set_mock_with_latency: unary({
      help: "Answer an endpoint late",
      arguments: [
        ...endpoint,
        status,
        text("body"),
        argument("latency_ms", z.int().nonnegative()),
        text("content_type"),
      ],
      result: said,
    }),
    set_mock_file: unary({
      help: "Answer an endpoint with a file",
      arguments: [...endpoint, text("file_path"), text("content_type"), status, text("headers")],
      result: said,
    }),
    set_mock_patch: unary({
      help: "Change what the real endpoint answers",
      arguments: [...endpoint, text("patches_json"), text("headers")],
      result: said,
    }),
    set_mock_sequence: unary({
      help: "Answer an endpoint differently each time",
      arguments: [...endpoint, text("sequence_json")],
      result: said,
    }),
    set_mock_template: unary({
      help: "Answer an endpoint from a template",
      arguments: [...endpoint, text("template_json"), status],
      result: said,
    }),
    set_mock_addon: unary({
      help: "Have an addon answer an endpoint",
      arguments: [...endpoint, text("addon_name"), text("addon_config_json")],
      result: said,
    }),
    set_mock_conditional: unary({
      help: "Answer an endpoint by what is asked",
      arguments: [...endpoint, text("rules_json")],
      result: said,
    }),
    remove_mock: unary({ help: "Leave an endpoint alone again", arguments: endpoint, result: said }),
    clear_mocks: unary({ help: "Leave all endpoints alone again", result: said }),
    list_mocks: unary({ help: "Tell the mocks", result: json(z.record(z.string(), z.unknown())) }),
    list_addons: unary({ help: "Tell the addons of the exporter", result: json(z.array(z.string())) }),
    load_mock_scenario: unary({
      help: "Load mocks from a file on the exporter",
      arguments: [text("scenario_file")],
      result: said,
    }),
    load_mock_scenario_content: unary({
      help: "Load mocks from YAML or JSON",
      arguments: [text("filename"), text("content")],
      result: said,
    }),
    upload_mock_file: unary({
      help: "Send a file that mocks answer with",
      arguments: [text("relative_path"), argument("content_base64", z.base64())],
      result: said,
    }),

    set_state: unary({ help: "Set a value for templates", arguments: [text("key"), text("value_json")], result: said }),
    get_state: unary({ help: "Tell a value", arguments: [text("key")], result: json(z.unknown()) }),
    clear_state: unary({ help: "Forget all values", result: said }),
    get_all_state: unary({ help: "Tell all values", result: json(z.record(z.string(), z.unknown())) }),

    list_flow_files: unary({ help: "Tell the recordings", result: json(z.array(flowFile)) }),
    get_flow_file: streaming({ help: "Read a recording", arguments: [text("name")], result: z.base64() }),
    get_ca_cert_path: unary({ help: "Tell where the CA certificate is", result: said }),
    get_ca_cert: unary({ help: "Tell the CA certificate", result: said }),

    get_captured_requests: unary({ help: "Tell the requests", result: json(z.array(capturedRequest)) }),
    watch_captured_requests: streaming({ help: "Tell each request as it comes", result: json(capturedRequest) }),
    clear_captured_requests: unary({ help: "Forget the requests", result: said }),
    wait_for_request: unary({
      help: "Wait for a request",
      arguments: [...endpoint, argument("timeout", z.number().nonnegative())],
      result: json(z.union([z.object({ error: z.string() }), capturedRequest])),
    }),
    export_captured_scenario: unary({
      help: "Make a scenario of the requests",
      arguments: [text("filter_pattern"), flag("exclude_mocked")],
      result: json(z.object({ yaml: z.string(), files: z.array(z.string()) })),
    }),
    get_captured_file: streaming({
      help: "Read a file of a scenario",
      arguments: [text("relative_path")],
      result: z.base64(),
    }),
    clean_capture_spool: unary({ help: "Remove the bodies that were kept in files", result: said }),
  },
});
