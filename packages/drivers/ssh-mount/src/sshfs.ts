import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";

import { isJumpstarterError } from "@jumpstarter-ts/core";
import { runLocal, type CommandResult } from "@jumpstarter-ts/driver-ssh/local-command";

import { mountError } from "./mount-error.ts";

export interface SshfsOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly remotePath: string;
  readonly mountpoint: string;
  /** A file with the private key. */
  readonly identityFile: string | undefined;
  /** More options of sshfs, each after `-o`. */
  readonly options: readonly string[];
}

/** The arguments of sshfs, which stays in the foreground. */
export function sshfsArguments(given: SshfsOptions): readonly string[] {
  const { host, port, username, remotePath, mountpoint, identityFile } = given;
  const where = host.includes(":") ? `[${host}]` : host;
  const settings = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
  return [
    `${username === "" ? "" : `${username}@`}${where}:${remotePath}`,
    mountpoint,
    ...(port === 22 ? [] : ["-p", String(port)]),
    ...[...given.options, ...settings].flatMap((each) => ["-o", each]),
    ...(identityFile === undefined ? [] : ["-o", `IdentityFile=${identityFile}`]),
    "-f",
  ];
}

export interface RunningSshfs extends AsyncDisposable {
  /** Rejects when sshfs ends by itself. */
  readonly ended: Promise<never>;
}

const mountTimeoutMs = 10_000;
const pollMs = 50;

/** Starts sshfs and waits until the directory is a mount. Disposing of it ends sshfs and unmounts the directory. */
export async function startSshfs(given: SshfsOptions, signal: AbortSignal | undefined): Promise<RunningSshfs> {
  const stop = new AbortController();
  const { mountpoint } = given;
  const running = runLocal(["sshfs", ...sshfsArguments(given)], { signal: stop.signal });
  const ended = running.then((result) => {
    throw endedError(given, result);
  });
  ended.catch(() => undefined);
  const close = async (): Promise<void> => {
    stop.abort();
    await running.catch(() => undefined);
    if (await isMounted(mountpoint)) await unmount(mountpoint);
  };
  try {
    await Promise.race([ended, untilMounted(mountpoint, signal)]);
  } catch (error) {
    await close();
    throw error;
  }
  return { ended, [Symbol.asyncDispose]: close };
}

/** Unmounts a directory; `isLazy` also while it is used. */
export async function unmount(mountpoint: string, { isLazy = false } = {}): Promise<void> {
  const programs = [
    ["fusermount3", "-u", ...(isLazy ? ["-z"] : [])],
    ["fusermount", "-u", ...(isLazy ? ["-z"] : [])],
    ["umount", ...(isLazy ? [process.platform === "darwin" ? "-f" : "-l"] : [])],
  ] as const;
  for (const [program, ...args] of programs) {
    let result: CommandResult;
    try {
      result = await runLocal([program, ...args, mountpoint], { timeoutMs: mountTimeoutMs });
    } catch (error) {
      if (isJumpstarterError(error) && error.reason === "COMMAND_NOT_FOUND") continue;
      throw error;
    }
    if (result.exitCode === 0) return;
    throw mountError("UNMOUNT_FAILED", `${mountpoint} cannot be unmounted: ${result.stderr.trim()}`);
  }
  throw mountError(
    "UNMOUNT_FAILED",
    `${mountpoint} cannot be unmounted: this machine has neither fusermount nor umount`,
  );
}

/** A mount is on another device than the directory that it is in. */
export async function isMounted(mountpoint: string): Promise<boolean> {
  try {
    return (await stat(mountpoint)).dev !== (await stat(dirname(mountpoint))).dev;
  } catch (error) {
    // What is there and does not answer is a mount whose other end has gone.
    return !(error instanceof Error && "code" in error && error.code === "ENOENT");
  }
}

async function untilMounted(mountpoint: string, signal: AbortSignal | undefined): Promise<void> {
  for (const start = performance.now(); performance.now() - start < mountTimeoutMs;) {
    signal?.throwIfAborted();
    if (await isMounted(mountpoint)) return;
    await setTimeout(pollMs, undefined, signal === undefined ? {} : { signal });
  }
  throw mountError("MOUNT_TIMEOUT", `sshfs runs, but ${mountpoint} is not mounted after ${mountTimeoutMs} ms`);
}

function endedError({ mountpoint }: SshfsOptions, { exitCode, stderr }: CommandResult): Error {
  const said = stderr.trim();
  return mountError(
    "MOUNT_FAILED",
    `sshfs ended with ${exitCode} and does not hold ${mountpoint}${said === "" ? "" : `: ${said}`}`,
  );
}
