import { defineDriver, JumpstarterError, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import { network, type NetworkClient } from "@jumpstarter-ts/driver-network";
import type { PowerClient } from "@jumpstarter-ts/driver-power";
import type { SerialClient } from "@jumpstarter-ts/driver-serial";
import type { CommandOptions, CommandResult } from "@jumpstarter-ts/driver-ssh";
import { openLocalPort } from "@jumpstarter-ts/driver-ssh/local-port";
import { runSsh, trustingSsh } from "@jumpstarter-ts/driver-ssh/ssh-login";
import type { z } from "zod";

import { qemuContract } from "./contract.ts";
import type { QemuFlasherClient } from "./flasher-client.ts";

export interface QemuSnapshot {
  readonly name: string;
  /** ISO 8601, by the exporter's clock. */
  readonly savedAt: string;
  readonly memoryBytes: number;
}

/** What JSON can say. */
export type JsonValue = z.infer<ReturnType<typeof z.json>>;

export interface QemuClient {
  readonly power: PowerClient;
  readonly flasher: QemuFlasherClient;
  readonly console: SerialClient;
  /** The screen, as a connection that speaks RFB. */
  readonly vnc: NetworkClient;
  /** The machine's ssh server. Throws `not-found` (`DEVICE_NOT_FOUND`) where the exporter does not reach it. */
  readonly ssh: NetworkClient;
  hostname(options?: CallOptions): Promise<string>;
  username(options?: CallOptions): Promise<string>;
  password(options?: CallOptions): Promise<string>;
  /** At the next start: `20G`. A disk grows, it never shrinks. */
  setDiskSize(size: string, options?: CallOptions): Promise<void>;
  /** At the next start: `2G`. */
  setMemorySize(size: string, options?: CallOptions): Promise<void>;
  /**
   * Keeps the whole machine as it is now (memory, processors, devices, disks) until the session ends, and goes on.
   * Takes the place of a snapshot of the same name. Like all below: `unsupported` on a Python exporter.
   */
  saveSnapshot(name: string, options?: CallOptions): Promise<void>;
  /** Continues from there, in a fraction of a second, whether the machine is on or off. Its console stays open. */
  loadSnapshot(name: string, options?: CallOptions): Promise<void>;
  deleteSnapshot(name: string, options?: CallOptions): Promise<void>;
  snapshots(options?: CallOptions): Promise<readonly QemuSnapshot[]>;
  /** Sends a command to QEMU itself and gives what it returns. The exporter's owner says which ones may be sent. */
  qmp(command: string, args?: Readonly<Record<string, JsonValue>>, options?: CallOptions): Promise<JsonValue>;
  /** The screen as a PNG. */
  screendump(options?: CallOptions): Promise<Uint8Array>;
  /** A port of the machine by its name under `hostfwd`. Throws `not-found` (`DEVICE_NOT_FOUND`) for another name. */
  forward(name: string): NetworkClient;
  /** Runs a command in the machine over its `ssh`, as its own user, with the ssh of this machine. */
  run(command: string | readonly string[], options?: CommandOptions): Promise<CommandResult>;
}

export const qemu = defineDriver({ contract: qemuContract, client: qemuClient });

function qemuClient(remote: Remote<typeof qemuContract>): QemuClient {
  const { children } = remote;
  const username: QemuClient["username"] = (options = {}) => remote.with(options).call("get_username");
  const password: QemuClient["password"] = (options = {}) => remote.with(options).call("get_password");
  const forward: QemuClient["forward"] = (name) => {
    const found = remote.child(name, network);
    if (found !== undefined) return found;
    throw new JumpstarterError(
      `${remote.path} has no network called ${name}: forward a port to it under hostfwd in the exporter's configuration`,
      { code: "not-found", reason: "DEVICE_NOT_FOUND" },
    );
  };
  return {
    get power() {
      return children.power;
    },
    get flasher() {
      return children.flasher;
    },
    get console() {
      return children.console;
    },
    get vnc() {
      return children.vnc;
    },
    get ssh() {
      return forward("ssh");
    },
    hostname: (options = {}) => remote.with(options).call("get_hostname"),
    username,
    password,
    saveSnapshot: (name, options = {}) => remote.with(options).call("save_snapshot", name),
    loadSnapshot: (name, options = {}) => remote.with(options).call("load_snapshot", name),
    deleteSnapshot: (name, options = {}) => remote.with(options).call("delete_snapshot", name),
    snapshots: (options = {}) => remote.with(options).call("list_snapshots"),
    qmp: (command, args, options = {}) => remote.with(options).call("qmp", command, args),
    async screendump(options = {}) {
      return new Uint8Array(Buffer.from(await remote.with(options).call("screendump"), "base64"));
    },
    forward,
    setDiskSize: (size, options = {}) => remote.with(options).call("set_disk_size", size),
    setMemorySize: (size, options = {}) => remote.with(options).call("set_memory_size", size),
    async run(command, options = {}) {
      const limits = options.signal === undefined ? {} : { signal: options.signal };
      const login = { sshCommand: trustingSsh, username: await username(limits), password: await password(limits) };
      await using local = await openLocalPort(forward("ssh"), limits);
      return await runSsh({ ...login, host: local.host, port: local.port }, command, options);
    },
  };
}
