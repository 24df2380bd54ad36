import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createScope, defineDriver, isJumpstarterError, type Remote } from "@jumpstarter-ts/core";
import { directAddress, type SshClient } from "@jumpstarter-ts/driver-ssh";
import { openLocalPort } from "@jumpstarter-ts/driver-ssh/local-port";

import { sshMountContract } from "./contract.ts";
import { startSshfs, unmount, type RunningSshfs, type SshfsOptions } from "./sshfs.ts";

export interface MountOptions {
  /** Of the device. Default `/`. */
  readonly remotePath?: string;
  /** Connects to the device's own address where this machine can reach it. */
  readonly isDirect?: boolean;
  /** More options of sshfs, each after `-o`: `reconnect`, `allow_other`. */
  readonly sshfsOptions?: readonly string[];
  readonly signal?: AbortSignal;
}

/** A directory with the device's files, until this is disposed of. */
export interface Mounted extends AsyncDisposable {
  readonly path: string;
}

export interface SshMountClient {
  readonly ssh: SshClient;
  /** Shows the device's files in a directory of this machine, which is made if it is not there. */
  mount(mountpoint: string, options?: MountOptions): Promise<Mounted>;
  /** For a directory that was left behind mounted; `isLazy` also while it is used. */
  unmount(mountpoint: string, options?: { readonly isLazy?: boolean }): Promise<void>;
}

export const sshMount = defineDriver({ contract: sshMountContract, client: sshMountClient });

function sshMountClient({ children, path: name }: Remote<typeof sshMountContract>): SshMountClient {
  return {
    get ssh() {
      return children.ssh;
    },
    unmount: async (mountpoint, options) => unmount(await realpath(mountpoint), options),
    async mount(mountpoint, { remotePath = "/", isDirect = false, sshfsOptions = [], signal } = {}) {
      const limits = signal === undefined ? {} : { signal };
      await mkdir(mountpoint, { recursive: true });
      const path = await realpath(mountpoint);
      const scope = createScope(`${name} on ${path}`);
      try {
        const identity = await children.ssh.identity(limits);
        let identityFile: string | undefined;
        if (identity !== undefined && identity !== "") {
          const directory = await mkdtemp(join(tmpdir(), "jumpstarter-ssh-mount-"));
          scope.defer(() => rm(directory, { recursive: true, force: true }), { what: "remove the key" });
          identityFile = join(directory, "key");
          await writeFile(identityFile, identity.endsWith("\n") ? identity : `${identity}\n`, { mode: 0o600 });
        }
        const { host, port } =
          (isDirect ? await directAddress(children.ssh.tcp, limits) : undefined) ??
          scope.use(await openLocalPort(children.ssh.tcp), { what: "close the local port" });
        const username = await children.ssh.username(limits);
        const sshfs = { host, port, username, remotePath, mountpoint: path, identityFile, options: sshfsOptions };
        scope.use(await startWithoutOthers(sshfs, signal), { what: "unmount", timeoutMs: 15_000 });
        return { path, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
      } catch (error) {
        await scope.close();
        throw error;
      }
    },
  };
}

/** As upstream: where other users may not be let in, the mount is made without them. */
async function startWithoutOthers(sshfs: SshfsOptions, signal: AbortSignal | undefined): Promise<RunningSshfs> {
  try {
    return await startSshfs(sshfs, signal);
  } catch (error) {
    const isRefused = isJumpstarterError(error) && error.reason === "MOUNT_FAILED" && /allow_other/.test(error.message);
    if (!isRefused || !sshfs.options.includes("allow_other")) throw error;
    return await startSshfs({ ...sshfs, options: sshfs.options.filter((each) => each !== "allow_other") }, signal);
  }
}
