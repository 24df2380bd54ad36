import { chmod, lstat, mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";

import { JumpstarterError } from "@jumpstarter-ts/core";

/** Longest path of a unix socket on Linux; macOS allows four fewer. */
const maxPathBytes = 107;

export interface SocketPathClaim {
  /** To be called once something listens: closes the socket to other users. The answer removes it. */
  taken(): Promise<() => Promise<void>>;
}

/** Makes a path free for a unix socket. Throws `failed-precondition` or `invalid-argument`, never removes a live one. */
export async function claimSocketPath(path: string): Promise<SocketPathClaim> {
  const length = Buffer.byteLength(path);
  if (length > maxPathBytes) {
    throw new JumpstarterError(
      `the socket path ${path} is ${length} bytes long, and a unix socket allows ${maxPathBytes}; choose a shorter one`,
      { code: "invalid-argument", reason: "SOCKET_PATH_TOO_LONG" },
    );
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await removeStale(path);
  return {
    async taken() {
      await chmod(path, 0o600);
      const { ino } = await lstat(path);
      return async () => {
        const now = await fileAt(path);
        // Somebody else's socket may be there by now.
        if (now?.ino === ino) await rm(path, { force: true });
      };
    },
  };
}

async function removeStale(path: string): Promise<void> {
  const file = await fileAt(path);
  if (file === undefined) return;
  if (!file.isSocket()) throw inUse(path, "is a file that is not a socket; choose another path");
  if (await isServed(path)) throw inUse(path, "is served by another process; stop it or choose another path");
  await rm(path, { force: true });
}

async function fileAt(path: string) {
  try {
    return await lstat(path);
  } catch {
    return undefined;
  }
}

function isServed(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

function inUse(path: string, problem: string): JumpstarterError {
  return new JumpstarterError(`the socket path ${path} ${problem}`, {
    code: "failed-precondition",
    reason: "SOCKET_IN_USE",
  });
}
