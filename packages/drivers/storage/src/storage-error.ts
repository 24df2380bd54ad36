import { isJumpstarterError, JumpstarterError, type ErrorCode } from "@jumpstarter-ts/core";

interface Kind {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly said: string;
}

const kinds: Readonly<Record<string, Kind>> = {
  ENOENT: { code: "not-found", reason: "PATH_NOT_FOUND", said: "there is no such entry" },
  ENOTDIR: { code: "not-found", reason: "PATH_NOT_FOUND", said: "a part of the path is not a directory" },
  EISDIR: { code: "invalid-argument", reason: "IS_A_DIRECTORY", said: "it is a directory" },
  EEXIST: { code: "invalid-argument", reason: "ALREADY_EXISTS", said: "there already is an entry of that name" },
  EINVAL: { code: "invalid-argument", reason: "PATH_INVALID", said: "the file system refuses it" },
  ENAMETOOLONG: { code: "invalid-argument", reason: "PATH_INVALID", said: "the name is too long" },
  ENOTEMPTY: {
    code: "invalid-argument",
    reason: "DIRECTORY_NOT_EMPTY",
    said: "the directory is not empty; remove_all removes it with what is in it",
  },
  ELOOP: { code: "permission-denied", reason: "PATH_OUTSIDE_ROOT", said: "a link took its place" },
  EACCES: { code: "permission-denied", reason: "STORAGE_REFUSED", said: "the exporter may not do that" },
  EPERM: { code: "permission-denied", reason: "STORAGE_REFUSED", said: "the exporter may not do that" },
  EROFS: { code: "permission-denied", reason: "STORAGE_REFUSED", said: "the file system is read-only" },
  ENOSPC: { code: "unavailable", reason: "STORAGE_FULL", said: "the file system is full" },
  EDQUOT: { code: "unavailable", reason: "STORAGE_FULL", said: "the quota is used up" },
};

export const absent: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR"]);

/** What the file system said, as a sentence of ours: `what` is `stat of boot/a.img`. It names no path of the exporter. */
export function storageError(what: string, cause: unknown): JumpstarterError {
  if (isJumpstarterError(cause)) return cause;
  const code = systemCode(cause);
  const { said, ...kind } = kinds[code ?? ""] ?? {
    code: "unavailable" as const,
    reason: "STORAGE_FAILED",
    said: code ?? String(cause),
  };
  return new JumpstarterError(`${what} failed: ${said}`, { ...kind, cause: code });
}

export function refuse(message: string, reason: string, code: ErrorCode = "invalid-argument"): JumpstarterError {
  return new JumpstarterError(message, { code, reason });
}

/** `ENOENT` and its like; undefined for what is no error of the system. */
export function systemCode(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}
