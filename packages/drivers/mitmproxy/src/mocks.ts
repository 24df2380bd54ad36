import type { CallOptions, Remote } from "@jumpstarter-ts/core";

import type { mitmproxyContract } from "./contract.ts";
import { anythingButFailure, assertSaid } from "./refusal.ts";

export interface MockAnswer extends CallOptions {
  /** Default 200. */
  readonly status?: number;
  /** Anything that JSON can hold; a text is answered as it is. Default `{}`. */
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
}

export interface MockHeaders {
  readonly headers?: Readonly<Record<string, string>>;
}

/** A mock that is set. It stays until it is removed; disposing removes it. */
export interface Mock extends AsyncDisposable {
  remove(options?: CallOptions): Promise<void>;
}

/**
 * What the proxy answers in place of the servers. A path that ends in `*` stands for all that begin so; the method may
 * be `*` or `WEBSOCKET`. Setting a mock rejects (`MITMPROXY_REFUSED`) where the driver did not take it.
 */
export interface Mocks {
  set(method: string, path: string, answer?: MockAnswer & MockHeaders): Promise<Mock>;
  /** Answers late. Default one second. */
  setWithLatency(method: string, path: string, answer?: MockAnswer & { readonly latencyMs?: number }): Promise<Mock>;
  /** Answers with a file of the exporter's directory, or one that was uploaded. Its type comes from its name. */
  setFile(
    method: string,
    path: string,
    file: Omit<MockAnswer, "body"> & MockHeaders & { readonly filePath: string },
  ): Promise<Mock>;
  /** Lets the server answer and merges the patch into its JSON; `key[2]` is the third item of a list. */
  setPatch(method: string, path: string, patch: object, options?: CallOptions & MockHeaders): Promise<Mock>;
  /** Each step answers once, or `repeat` times, or for `delay_ms`. */
  setSequence(method: string, path: string, steps: readonly object[], options?: CallOptions): Promise<Mock>;
  /** Fills in `{{now_iso}}`, `{{state(key)}}` and their like. */
  setTemplate(
    method: string,
    path: string,
    template: object,
    options?: CallOptions & { readonly status?: number },
  ): Promise<Mock>;
  /** Has a Python addon of the exporter answer. */
  setAddon(
    method: string,
    path: string,
    addon: CallOptions & { readonly name: string; readonly config?: object },
  ): Promise<Mock>;
  /** The first rule whose `match` fits answers; one without matches everything. */
  setConditional(method: string, path: string, rules: readonly object[], options?: CallOptions): Promise<Mock>;
  /** Answers an error: 503 `Service Unavailable` unless told otherwise. */
  setError(
    method: string,
    path: string,
    error?: CallOptions & { readonly status?: number; readonly message?: string },
  ): Promise<Mock>;
  /** Answers 504, as a gateway does whose server is silent. */
  setTimeout(method: string, path: string, options?: CallOptions): Promise<Mock>;
  /** True if there was such a mock. */
  remove(method: string, path: string, options?: CallOptions): Promise<boolean>;
  clear(options?: CallOptions): Promise<void>;
  /** By `METHOD /path`, as a scenario has them. */
  list(options?: CallOptions): Promise<Readonly<Record<string, unknown>>>;
  listAddons(options?: CallOptions): Promise<readonly string[]>;
  /** Loads a file of the exporter's directory. Disposing clears all mocks, as upstream does. */
  loadScenario(file: string, options?: CallOptions): Promise<Mock>;
  /** The same from YAML or JSON; the name's ending tells which. */
  loadScenarioContent(name: string, content: string, options?: CallOptions): Promise<Mock>;
  /** Sends a file for `setFile` and scenarios. */
  uploadFile(relativePath: string, data: Uint8Array, options?: CallOptions): Promise<void>;
}

export function createMocks(remote: Remote<typeof mitmproxyContract>): Mocks {
  const name = (method: string): string => `${remote.path}.mocks.${method}`;

  async function set(said: Promise<string>, what: string, remove: (options?: CallOptions) => Promise<unknown>) {
    assertSaid(await said, /mock set\b|^Loaded /i, name(what));
    return handle(remove);
  }

  const remove: Mocks["remove"] = async (method, path, options = {}) => {
    const said = await remote.with(options).call("remove_mock", method, path);
    if (/^Mock not found/i.test(said)) return false;
    assertSaid(said, /^Removed /i, name("remove"));
    return true;
  };
  const removing = (method: string, path: string) => (options?: CallOptions) => remove(method, path, options);

  const setMock: Mocks["set"] = (method, path, { status = 200, body = {}, contentType, headers = {}, ...rest } = {}) =>
    set(
      remote
        .with(rest)
        .call(
          "set_mock",
          method,
          path,
          status,
          JSON.stringify(body),
          contentType ?? "application/json",
          JSON.stringify(headers),
        ),
      "set",
      removing(method, path),
    );

  const clear: Mocks["clear"] = async (options = {}) =>
    assertSaid(await remote.with(options).call("clear_mocks"), anythingButFailure, name("clear"));

  return {
    set: setMock,
    setWithLatency: (method, path, { status = 200, body = {}, contentType, latencyMs = 1_000, ...options } = {}) =>
      set(
        remote
          .with(options)
          .call(
            "set_mock_with_latency",
            method,
            path,
            status,
            JSON.stringify(body),
            latencyMs,
            contentType ?? "application/json",
          ),
        "setWithLatency",
        removing(method, path),
      ),
    setFile: (method, path, { filePath, contentType = "", status = 200, headers = {}, ...options }) =>
      set(
        remote
          .with(options)
          .call("set_mock_file", method, path, filePath, contentType, status, JSON.stringify(headers)),
        "setFile",
        removing(method, path),
      ),
    setPatch: (method, path, patch, { headers = {}, ...options } = {}) =>
      set(
        remote.with(options).call("set_mock_patch", method, path, JSON.stringify(patch), JSON.stringify(headers)),
        "setPatch",
        removing(method, path),
      ),
    setSequence: (method, path, steps, options = {}) =>
      set(
        remote.with(options).call("set_mock_sequence", method, path, JSON.stringify(steps)),
        "setSequence",
        removing(method, path),
      ),
    setTemplate: (method, path, template, { status = 200, ...options } = {}) =>
      set(
        remote.with(options).call("set_mock_template", method, path, JSON.stringify(template), status),
        "setTemplate",
        removing(method, path),
      ),
    setAddon: (method, path, { name: addon, config = {}, ...options }) =>
      set(
        remote.with(options).call("set_mock_addon", method, path, addon, JSON.stringify(config)),
        "setAddon",
        removing(method, path),
      ),
    setConditional: (method, path, rules, options = {}) =>
      set(
        remote.with(options).call("set_mock_conditional", method, path, JSON.stringify(rules)),
        "setConditional",
        removing(method, path),
      ),
    setError: (method, path, { status = 503, message = "Service Unavailable", ...options } = {}) =>
      setMock(method, path, { ...options, status, body: { error: message, status } }),
    setTimeout: (method, path, options = {}) =>
      setMock(method, path, { ...options, status: 504, body: { error: "Gateway Timeout" } }),
    remove,
    clear,
    list: (options = {}) => remote.with(options).call("list_mocks"),
    listAddons: (options = {}) => remote.with(options).call("list_addons"),
    loadScenario: (file, options = {}) =>
      set(remote.with(options).call("load_mock_scenario", file), "loadScenario", clear),
    loadScenarioContent: (file, content, options = {}) =>
      set(remote.with(options).call("load_mock_scenario_content", file, content), "loadScenarioContent", clear),
    async uploadFile(relativePath, data, options = {}) {
      const content = Buffer.from(data).toString("base64");
      const said = await remote.with(options).call("upload_mock_file", relativePath, content);
      assertSaid(said, /^Uploaded/i, name("uploadFile"));
    },
  };
}

/** Removes once: what was set anew in its place is another's. */
function handle(remove: (options?: CallOptions) => Promise<unknown>): Mock {
  let isRemoved = false;
  const once: Mock["remove"] = async (options) => {
    if (isRemoved) return;
    isRemoved = true;
    await remove(options);
  };
  return { remove: once, [Symbol.asyncDispose]: () => once() };
}
