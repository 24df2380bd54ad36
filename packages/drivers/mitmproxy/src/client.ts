import { defineDriver, type ByteStream, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { createCaptures, decoded, type Captures } from "./captures.ts";
import { mitmproxyContract } from "./contract.ts";
import { createMocks, type Mocks } from "./mocks.ts";
import { anythingButFailure, assertSaid, refusal } from "./refusal.ts";
import type { FlowFile, ProxyStatus } from "./results.ts";

export type ProxyMode = "mock" | "passthrough" | "record" | "replay";

export interface ProxyStartOptions extends CallOptions {
  /** Default `mock`; for `restart` the one before. */
  readonly mode?: ProxyMode;
  /** Also starts the web interface. */
  readonly webUi?: boolean;
  /** A recording on the exporter, for `replay`. */
  readonly replayFile?: string;
  /** Default: the configured one. Python exporters of 0.9.0 fail on any other. */
  readonly port?: number;
}

/** A proxy that runs; disposing stops it. */
export interface ProxySession extends AsyncDisposable {
  readonly status: ProxyStatus;
}

/** Values that templates read, and that addons and tests set. */
export interface ProxyState {
  set(key: string, value: unknown, options?: CallOptions): Promise<void>;
  /** Null for a key that was not set. */
  get(key: string, options?: CallOptions): Promise<unknown>;
  all(options?: CallOptions): Promise<Readonly<Record<string, unknown>>>;
  clear(options?: CallOptions): Promise<void>;
}

export interface MitmproxyClient {
  /** Rejects (`MITMPROXY_REFUSED`) where it does not start, or runs already. */
  start(options?: ProxyStartOptions): Promise<void>;
  /** Stopping twice is harmless. */
  stop(options?: CallOptions): Promise<void>;
  restart(options?: ProxyStartOptions): Promise<void>;
  status(options?: CallOptions): Promise<ProxyStatus>;
  isRunning(options?: CallOptions): Promise<boolean>;
  /** Runs the proxy until the block is left. */
  session(options?: ProxyStartOptions): Promise<ProxySession>;
  /** A session that records to the file of its status. */
  recording(options?: CallOptions): Promise<ProxySession>;
  /** A connection to the web interface, as the exporter makes it. */
  openWeb(options?: CallOptions): Promise<ByteStream>;
  readonly mocks: Mocks;
  readonly state: ProxyState;
  readonly captures: Captures;
  flowFiles(options?: CallOptions): Promise<readonly FlowFile[]>;
  readFlowFile(name: string, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** The certificate that the device has to trust, as PEM. There is none before the first start. */
  caCert(options?: CallOptions): Promise<string>;
  /** Where it is on the exporter. */
  caCertPath(options?: CallOptions): Promise<string>;
}

export const mitmproxy = defineDriver({ contract: mitmproxyContract, client: mitmproxyClient });

function mitmproxyClient(remote: Remote<typeof mitmproxyContract>): MitmproxyClient {
  const name = (method: string): string => `${remote.path}.${method}`;

  const start: MitmproxyClient["start"] = async ({ mode = "mock", webUi, replayFile, port, ...options } = {}) => {
    const said = await remote.with(options).call("start", mode, webUi ?? false, replayFile ?? "", port ?? 0);
    assertSaid(said, /^Started /i, name("start"));
  };
  const stop: MitmproxyClient["stop"] = async (options = {}) =>
    assertSaid(await remote.with(options).call("stop"), /^(Stopped|Not running)/i, name("stop"));
  const status: MitmproxyClient["status"] = (options = {}) => remote.with(options).call("status");

  const session: MitmproxyClient["session"] = async (options = {}) => {
    // A proxy that runs is another's: it is neither used nor stopped.
    if (await remote.with(options).call("is_running")) throw refusal("Already running", name("session"));
    try {
      await start(options);
      return { status: await status(options), [Symbol.asyncDispose]: () => stop() };
    } catch (error) {
      // A start that failed half way leaves a process behind.
      await stop().catch(() => undefined);
      throw error;
    }
  };

  const certificate = async (said: Promise<string>, what: string): Promise<string> => {
    const text = await said;
    if (/^Error|not found/i.test(text)) throw refusal(text.replace(/^Error: */, ""), name(what));
    return text;
  };

  return {
    start,
    stop,
    async restart({ mode, webUi, replayFile, port, ...options } = {}) {
      const said = await remote.with(options).call("restart", mode ?? "", webUi ?? false, replayFile ?? "", port ?? 0);
      assertSaid(said, /^Started /i, name("restart"));
    },
    status,
    isRunning: (options = {}) => remote.with(options).call("is_running"),
    session,
    recording: (options = {}) => session({ ...options, mode: "record" }),
    openWeb: (options = {}) => remote.with(options).open("connect_web"),
    mocks: createMocks(remote),
    state: {
      async set(key, value, options = {}) {
        const said = await remote.with(options).call("set_state", key, JSON.stringify(value ?? null));
        assertSaid(said, /^State set/i, name("state.set"));
      },
      get: (key, options = {}) => remote.with(options).call("get_state", key),
      all: (options = {}) => remote.with(options).call("get_all_state"),
      async clear(options = {}) {
        assertSaid(await remote.with(options).call("clear_state"), anythingButFailure, name("state.clear"));
      },
    },
    captures: createCaptures(remote),
    flowFiles: (options = {}) => remote.with(options).call("list_flow_files"),
    readFlowFile: (file, options = {}) => decoded(remote.with(options).stream("get_flow_file", file)),
    caCert: (options = {}) => certificate(remote.with(options).call("get_ca_cert"), "caCert"),
    caCertPath: (options = {}) => certificate(remote.with(options).call("get_ca_cert_path"), "caCertPath"),
  };
}
