import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import type { NetworkClient } from "@jumpstarter-ts/driver-network";
import type { PowerClient } from "@jumpstarter-ts/driver-power";
import type { SerialClient } from "@jumpstarter-ts/driver-serial";
import type { CommandOptions, CommandResult } from "@jumpstarter-ts/driver-ssh";
import { openLocalPort } from "@jumpstarter-ts/driver-ssh/local-port";
import { runSsh, trustingSsh } from "@jumpstarter-ts/driver-ssh/ssh-login";

import { qemuContract } from "./contract.ts";
import type { QemuFlasherClient } from "./flasher-client.ts";

export interface QemuClient {
  readonly power: PowerClient;
  readonly flasher: QemuFlasherClient;
  readonly console: SerialClient;
  /** The screen, as a connection that speaks RFB. */
  readonly vnc: NetworkClient;
  /** The machine's ssh server, where the exporter reaches it. */
  readonly ssh: NetworkClient;
  hostname(options?: CallOptions): Promise<string>;
  username(options?: CallOptions): Promise<string>;
  password(options?: CallOptions): Promise<string>;
  /** At the next start: `20G`. A disk grows, it never shrinks. */
  setDiskSize(size: string, options?: CallOptions): Promise<void>;
  /** At the next start: `2G`. */
  setMemorySize(size: string, options?: CallOptions): Promise<void>;
  /** Runs a command in the machine over its `ssh`, as its own user, with the ssh of this machine. */
  run(command: string | readonly string[], options?: CommandOptions): Promise<CommandResult>;
}

export const qemu = defineDriver({ contract: qemuContract, client: qemuClient });

function qemuClient(remote: Remote<typeof qemuContract>): QemuClient {
  const { children } = remote;
  const username: QemuClient["username"] = (options = {}) => remote.with(options).call("get_username");
  const password: QemuClient["password"] = (options = {}) => remote.with(options).call("get_password");
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
      return children.ssh;
    },
    hostname: (options = {}) => remote.with(options).call("get_hostname"),
    username,
    password,
    setDiskSize: (size, options = {}) => remote.with(options).call("set_disk_size", size),
    setMemorySize: (size, options = {}) => remote.with(options).call("set_memory_size", size),
    async run(command, options = {}) {
      const limits = options.signal === undefined ? {} : { signal: options.signal };
      const login = { sshCommand: trustingSsh, username: await username(limits), password: await password(limits) };
      await using local = await openLocalPort(children.ssh, limits);
      return await runSsh({ ...login, host: local.host, port: local.port }, command, options);
    },
  };
}
