import { defineDriver, JumpstarterError, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import type { AdbClient } from "@jumpstarter-ts/driver-adb";
import type { VirtualPowerClient } from "@jumpstarter-ts/driver-power";

import { cuttlefishContract } from "./contract.ts";

export interface WaitForBootOptions extends CallOptions {
  /** Milliseconds that the exporter waits. Default: what the lab says. */
  readonly bootTimeoutMs?: number;
}

/** What the host says as JSON is read; anything else is a text. */
export interface CuttlefishClient {
  readonly power: VirtualPowerClient;
  readonly adb: AdbClient;
  list(options?: CallOptions): Promise<unknown>;
  describe(options?: CallOptions): Promise<unknown>;
  /** Makes virtual devices, as the Host Orchestrator's environment configuration says. */
  create(config: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<unknown>;
  start(options?: CallOptions): Promise<unknown>;
  stop(options?: CallOptions): Promise<unknown>;
  restart(options?: CallOptions): Promise<unknown>;
  /** Brings the device back to how it was made. */
  powerwash(options?: CallOptions): Promise<unknown>;
  pressPowerButton(options?: CallOptions): Promise<unknown>;
  delete(options?: CallOptions): Promise<unknown>;
  host(options?: CallOptions): Promise<string>;
  /** Where a browser finds the screen. */
  webrtcUrl(options?: CallOptions): Promise<string>;
  adbPort(options?: CallOptions): Promise<number>;
  status(options?: CallOptions): Promise<unknown>;
  operations(options?: CallOptions): Promise<unknown>;
  waitForBoot(options?: WaitForBootOptions): Promise<unknown>;
  /** Gives up all virtual devices of the host, also those of others. */
  resetHost(options?: CallOptions): Promise<unknown>;
}

export const cuttlefish = defineDriver({ contract: cuttlefishContract, client: cuttlefishClient });

function cuttlefishClient(remote: Remote<typeof cuttlefishContract>): CuttlefishClient {
  const { children, path } = remote;
  type Plain = Exclude<keyof (typeof cuttlefishContract)["methods"], "create_cvd" | "wait_boot">;
  const ask =
    (method: Plain) =>
    async (options: CallOptions = {}): Promise<unknown> =>
      read(await remote.with(options).call(method));

  return {
    get power() {
      return children.power;
    },
    get adb() {
      return children.adb;
    },
    list: ask("list_cvds"),
    describe: ask("get_cvd"),
    start: ask("start_cvd"),
    stop: ask("stop_cvd"),
    restart: ask("restart_cvd"),
    powerwash: ask("powerwash_cvd"),
    pressPowerButton: ask("powerbtn_cvd"),
    delete: ask("delete_cvd"),
    status: ask("status"),
    operations: ask("list_operations"),
    resetHost: ask("reset_host"),
    create: async (config, options = {}) => read(await remote.with(options).call("create_cvd", JSON.stringify(config))),
    host: async (options = {}) => String(await remote.with(options).call("get_host")),
    webrtcUrl: async (options = {}) => String(await remote.with(options).call("get_webrtc_url")),
    async adbPort(options = {}) {
      const answer = await remote.with(options).call("get_adb_port");
      const port = Number(answer);
      if (Number.isInteger(port) && port > 0) return port;
      throw new JumpstarterError(`${path} told no port of ADB; it said ${JSON.stringify(answer)}`, {
        code: "unavailable",
        reason: "CUTTLEFISH_NO_PORT",
      });
    },
    waitForBoot: async ({ bootTimeoutMs = 0, ...options } = {}) =>
      read(await remote.with(options).call("wait_boot", Math.ceil(bootTimeoutMs / 1_000))),
  };
}

function read(answer: unknown): unknown {
  if (typeof answer !== "string") return answer;
  try {
    return JSON.parse(answer);
  } catch {
    return answer;
  }
}
