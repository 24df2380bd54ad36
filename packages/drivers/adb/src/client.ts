import { setTimeout } from "node:timers/promises";

import { defineDriver, within, type ByteStream, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import type { NetworkClient } from "@jumpstarter-ts/driver-network";
import type { CommandOptions, CommandResult } from "@jumpstarter-ts/driver-ssh";
import { runLocal } from "@jumpstarter-ts/driver-ssh/local-command";
import { openLocalPort, type LocalPort } from "@jumpstarter-ts/driver-ssh/local-port";

import { adbContract } from "./contract.ts";
import { parseDeviceList, type AdbDevice } from "./device-list.ts";
import { talkToServer, type AdbCommandResult, type ServerConnection } from "./server-protocol.ts";

export interface AdbDeviceOptions extends Omit<CallOptions, "onProgress"> {
  /** Which device, where there are several. */
  readonly serial?: string | undefined;
}

export interface AdbRunOptions extends CommandOptions {
  /** The program on this machine. Default `adb`. */
  readonly program?: string;
}

export interface AdbClient extends NetworkClient {
  /** Gives the server's port on the exporter. */
  startServer(options?: CallOptions): Promise<number>;
  killServer(options?: CallOptions): Promise<number>;
  /** What the exporter's server sees. */
  devices(options?: CallOptions): Promise<readonly AdbDevice[]>;
  /** Has the server connect to a device on the network: `host:port`. Gives what adb says. */
  connectDevice(device: string, options?: CallOptions): Promise<string>;
  disconnectDevice(device: string, options?: CallOptions): Promise<string>;
  /** Runs a command on a device. Needs no adb on this machine. */
  shell(command: string, options?: AdbDeviceOptions): Promise<AdbCommandResult>;
  /** Asks every second until the device says that it has booted. Default: for 180 seconds. */
  waitForBoot(options?: AdbDeviceOptions): Promise<void>;
  /** A local port that is the exporter's server, for adb and other tools of this machine. */
  forward(options?: {
    readonly host?: string;
    readonly port?: number;
    readonly signal?: AbortSignal;
  }): Promise<LocalPort>;
  /** Runs this machine's adb with the exporter's server. */
  run(args: readonly string[], options?: AdbRunOptions): Promise<CommandResult>;
}

export const adb = defineDriver({ contract: adbContract, client: adbClient });

const bootTimeoutMs = 180_000;
const bootPollMs = 1_000;

function adbClient(remote: Remote<typeof adbContract>): AdbClient {
  const open = (options: CallOptions = {}): Promise<ByteStream> => remote.with(options).open("connect");
  const connect = async ({ serial, signal }: AdbDeviceOptions): Promise<ServerConnection> => {
    const stream = await open(signal === undefined ? {} : { signal });
    const connection = talkToServer(stream, remote.path, signal);
    try {
      await connection.request(serial === undefined ? "host:transport-any" : `host:transport:${serial}`);
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    }
  };
  /** With one limit for all of the work, which ends with it. */
  const limited = async <T>(
    what: string,
    { timeoutMs, signal, ...options }: AdbDeviceOptions,
    work: (options: AdbDeviceOptions & { readonly signal: AbortSignal }) => Promise<T>,
  ): Promise<T> => {
    const end = new AbortController();
    const both = signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]);
    try {
      return await within(work({ ...options, signal: both }), { timeoutMs, signal, what: `${remote.path}: ${what}` });
    } finally {
      end.abort();
    }
  };

  const shell: AdbClient["shell"] = (command, options = {}) =>
    limited(command, options, async (limits) => {
      using connection = await connect(limits);
      await connection.request(`shell,v2,raw:${command}`);
      return await connection.readShell();
    });

  const forward: AdbClient["forward"] = (options = {}) => openLocalPort({ open }, options);

  return {
    open,
    address: (options = {}) => remote.with(options).call("address"),
    startServer: (options = {}) => remote.with(options).call("start_server"),
    killServer: (options = {}) => remote.with(options).call("kill_server"),
    devices: async (options = {}) => parseDeviceList(await remote.with(options).call("list_devices")),
    connectDevice: (device, options = {}) => remote.with(options).call("connect_device", device),
    disconnectDevice: (device, options = {}) => remote.with(options).call("disconnect_device", device),
    shell,
    waitForBoot: ({ timeoutMs = bootTimeoutMs, ...options } = {}) =>
      limited("the boot of the device", { ...options, timeoutMs }, async (limits) => {
        while (!(await hasBooted(shell, limits))) await pause(limits.signal);
      }),
    forward,
    async run(args, { program = "adb", ...options } = {}) {
      await using local = await forward(options.signal === undefined ? {} : { signal: options.signal });
      const env = { ANDROID_ADB_SERVER_ADDRESS: local.host, ANDROID_ADB_SERVER_PORT: String(local.port) };
      return await runLocal([program, ...args], options, env);
    },
  };
}

/** A device that is not there yet, or not yet ready to say, has not booted. */
async function hasBooted(shell: AdbClient["shell"], options: AdbDeviceOptions): Promise<boolean> {
  try {
    const { stdout } = await shell("getprop sys.boot_completed", options);
    return stdout.trim() === "1";
  } catch (error) {
    if (options.signal?.aborted) throw error;
    return false;
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await setTimeout(bootPollMs, undefined, { signal });
}
