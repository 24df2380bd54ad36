import {
  defineDriver,
  isJumpstarterError,
  messageOf,
  type ByteStream,
  type CallOptions,
  type Remote,
} from "@jumpstarter-ts/core";
import type { NetworkClient } from "@jumpstarter-ts/driver-network";

import { sshContract } from "./contract.ts";
import type { CommandOptions, CommandResult } from "./local-command.ts";
import { openLocalPort } from "./local-port.ts";
import { readSshCommand } from "./ssh-command.ts";
import { runSsh, type SshLogin } from "./ssh-login.ts";

export interface SshRunOptions extends CommandOptions {
  /** Connects to the device's own address where this machine can reach it, and through the exporter otherwise. */
  readonly isDirect?: boolean;
  /** Default: what the lab says. */
  readonly username?: string;
  /** Options of ssh, before the host. */
  readonly sshOptions?: readonly string[];
  /** How ssh is started on this machine. Default: as the lab says, if that is `ssh` with options that run nothing. */
  readonly sshCommand?: SshLogin["sshCommand"];
}

export interface SshClient {
  readonly tcp: NetworkClient;
  /**
   * Runs a command on the device, with the ssh of this machine. A text is read by the device's shell; words reach the
   * program as they are. An exit code other than 0 is a result; 255 is ssh's own.
   */
  run(command: string | readonly string[], options?: SshRunOptions): Promise<CommandResult>;
  /** A connection to the device's ssh server, for a client of your own. */
  open(options?: CallOptions): Promise<ByteStream>;
  username(options?: CallOptions): Promise<string>;
  /** How the lab wants ssh to be started. */
  command(options?: CallOptions): Promise<string>;
  /** The private key to log in with, if the lab gives one away. */
  identity(options?: CallOptions): Promise<string | undefined>;
}

/** The exit code with which ssh says that it failed itself. */
const sshFailed = 255;

export const ssh = defineDriver({
  contract: sshContract,
  client: sshClient,
  commands: async () => (await import("./commands.ts")).sshCommands,
});

function sshClient(remote: Remote<typeof sshContract>): SshClient {
  const { children, path } = remote;
  const username: SshClient["username"] = (options = {}) => remote.with(options).call("get_default_username");
  const command: SshClient["command"] = (options = {}) => remote.with(options).call("get_ssh_command");
  const identity: SshClient["identity"] = async (options = {}) =>
    (await remote.with(options).call("get_ssh_identity")) ?? undefined;

  return {
    get tcp() {
      return children.tcp;
    },
    open: (options) => children.tcp.open(options),
    username,
    command,
    identity,
    async run(words, { isDirect = false, sshOptions = [], ...options } = {}) {
      const limits = options.signal === undefined ? {} : { signal: options.signal };
      const login = {
        sshCommand: options.sshCommand ?? readSshCommand(await command(limits), path),
        username: options.username ?? (await username(limits)),
        identity: await identity(limits),
        sshOptions,
      };
      const direct = isDirect ? await directAddress(children.tcp, limits) : undefined;
      if (direct !== undefined) return runSsh({ ...login, ...direct }, words, options);
      // Without the signal: ssh ends first, and has no lost connection to complain of.
      await using local = await openLocalPort(children.tcp);
      const { host, port } = local;
      const result = await runSsh({ ...login, host, port }, words, options);
      const failure = local.failure();
      // ssh only saw that its connection was closed.
      if (result.exitCode !== sshFailed || failure === undefined) return result;
      const why = `${path}: ${messageOf(failure)}\n`;
      options.onOutput?.({ stdout: "", stderr: why });
      return { ...result, stderr: result.stderr + why };
    },
  };
}

/** Where a network device is, for a program of this machine; undefined where the lab does not say. */
export async function directAddress(
  tcp: NetworkClient,
  options: CallOptions = {},
): Promise<{ readonly host: string; readonly port: number } | undefined> {
  let address: string;
  try {
    address = await tcp.address(options);
  } catch (error) {
    const isKept = isJumpstarterError(error) && (error.code === "unsupported" || error.code === "invalid-argument");
    if (isKept) return undefined;
    throw error;
  }
  // A host that begins with a dash would be an option of the program, and run what it says.
  const found = /^tcp:\/\/(?:\[([\da-f:][\w.:%-]*)\]|(\w[\w.-]*)):(\d+)$/i.exec(address);
  const host = found?.[1] ?? found?.[2];
  return host === undefined ? undefined : { host, port: Number(found?.[3]) };
}
