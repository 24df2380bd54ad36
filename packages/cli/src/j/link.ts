import type { Session } from "@jumpstarter-ts/client";
import type { AnyDefinition } from "@jumpstarter-ts/core";

import type { Io } from "../io.ts";

/** The session of a run of `j`: opened where something asks for it, closed in the end. */
export interface Link extends AsyncDisposable {
  session(): Promise<Session>;
  /** The definition of an installed package that may be imported; undefined where there is none. */
  definition(label: string): Promise<AnyDefinition | undefined>;
}

export function createLink(io: Io): Link {
  let opening: Promise<Session> | undefined;
  return {
    session: () => (opening ??= open(io)),
    definition: (label) => findDefinition(label, io),
    async [Symbol.asyncDispose]() {
      const session = await opening?.catch(() => undefined);
      await session?.[Symbol.asyncDispose]();
    },
  };
}

async function open({ env, signal }: Io): Promise<Session> {
  const host = env["JUMPSTARTER_HOST"] ?? "";
  if (host === "") {
    throw new Error(
      "j has no exporter to talk to, for JUMPSTARTER_HOST is not set: use it inside a shell that jmp shell opens",
    );
  }
  const { connect } = await import("@jumpstarter-ts/client");
  const passphrase = env["JMP_GRPC_PASSPHRASE"];
  return connect({
    host,
    insecure: (env["JMP_GRPC_INSECURE"] ?? env["JUMPSTARTER_GRPC_INSECURE"]) === "1",
    ...(passphrase === undefined ? {} : { passphrase }),
    signal,
    // A device's package is imported when a command is about that device.
    registry: { definition: async () => undefined },
  });
}

async function findDefinition(label: string, { env, cwd }: Io): Promise<AnyDefinition | undefined> {
  const [{ createDriverRegistry, readEnvironment }, { matchesGlob }] = await Promise.all([
    import("@jumpstarter-ts/config"),
    import("node:path/posix"),
  ]);
  const { driversAllow, driversUnsafe } = readEnvironment(env);
  const isAllowed = driversUnsafe || (driversAllow?.some((glob) => matchesGlob(label, glob)) ?? true);
  return isAllowed ? createDriverRegistry({ from: [cwd, import.meta.dirname] }).definition(label) : undefined;
}
