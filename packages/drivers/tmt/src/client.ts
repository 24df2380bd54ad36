import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import type { NetworkClient } from "@jumpstarter-ts/driver-network";
import { directAddress, type CommandOptions, type CommandResult } from "@jumpstarter-ts/driver-ssh";
import { runLocal } from "@jumpstarter-ts/driver-ssh/local-command";
import { openLocalPort } from "@jumpstarter-ts/driver-ssh/local-port";

import { tmtContract } from "./contract.ts";
import { withGuest } from "./provision.ts";

export interface TmtRunOptions extends CommandOptions {
  /** Goes through the exporter even where the lab tells the device's own address. */
  readonly isForwarded?: boolean;
  /** Default: what the lab says. */
  readonly username?: string;
  readonly password?: string;
  /** The program on this machine. Default `tmt`. */
  readonly program?: string;
}

export interface TmtClient {
  /** The device's ssh server. */
  readonly ssh: NetworkClient;
  /**
   * Runs this machine's tmt with the device as its guest: `["run", "-a", "plan", "--name", "smoke"]`. Connects to the
   * device itself where the lab tells its address, else through the exporter. An exit code other than 0 is a result.
   */
  run(args: readonly string[], options?: TmtRunOptions): Promise<CommandResult>;
  /** The command that resets the device; empty for none. */
  rebootCommand(options?: CallOptions): Promise<string>;
  defaultLogin(options?: CallOptions): Promise<{ readonly username: string; readonly password: string }>;
}

export const tmt = defineDriver({
  contract: tmtContract,
  client: tmtClient,
  commands: async () => (await import("./commands.ts")).tmtCommands,
});

function tmtClient(remote: Remote<typeof tmtContract>): TmtClient {
  const { children } = remote;
  const rebootCommand: TmtClient["rebootCommand"] = (options = {}) => remote.with(options).call("get_reboot_cmd");
  const defaultLogin: TmtClient["defaultLogin"] = async (options = {}) => {
    const [username, password] = await remote.with(options).call("get_default_user_pass");
    return { username, password };
  };
  return {
    get ssh() {
      return children.ssh;
    },
    rebootCommand,
    defaultLogin,
    async run(args, { isForwarded = false, username, password, program = "tmt", ...options } = {}) {
      const limits = options.signal === undefined ? {} : { signal: options.signal };
      const login = await defaultLogin(limits);
      const guest = {
        // As upstream: an empty one counts as not given.
        username: username === undefined || username === "" ? login.username : username,
        password: password === undefined || password === "" ? login.password : password,
        rebootCommand: await rebootCommand(limits),
      };
      const direct = isForwarded ? undefined : await directAddress(children.ssh, limits);
      if (direct !== undefined) return runLocal([program, ...withGuest(args, { ...guest, ...direct })], options);
      // Without the signal: tmt ends first, and sees no lost connection.
      await using local = await openLocalPort(children.ssh);
      const { host, port } = local;
      return await runLocal([program, ...withGuest(args, { ...guest, host, port })], options);
    },
  };
}
