/** What the environment says to a command, beside configuration files. */
export interface JumpstarterEnvironment {
  /** `JUMPSTARTER_HOST`: the path of a unix socket, or `host:port`. */
  readonly host: string | undefined;
  /** `JMP_GRPC_INSECURE` or `JUMPSTARTER_GRPC_INSECURE` is `1`: plaintext to a host, unchecked TLS to a lab. */
  readonly grpcInsecure: boolean;
  /** `JMP_GRPC_PASSPHRASE`. */
  readonly passphrase: string | undefined;
  /** `JMP_LEASE`, `JMP_EXPORTER`, and `JMP_EXPORTER_LABELS` as a map. */
  readonly lease: string | undefined;
  readonly exporter: string | undefined;
  readonly exporterLabels: Readonly<Record<string, string>>;
  /** `JMP_DRIVERS_ALLOW`: globs; absent where it is not set. */
  readonly driversAllow: readonly string[] | undefined;
  /** `JMP_DRIVERS_UNSAFE`, or `UNSAFE` among the globs. */
  readonly driversUnsafe: boolean;
  /** `JMP_DISABLE_COMPRESSION` is `1`. */
  readonly compressionDisabled: boolean;
  /** `NONINTERACTIVE` is `1` or `true`. */
  readonly nonInteractive: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export function readEnvironment(env: Environment = process.env): JumpstarterEnvironment {
  const allow = text(env, "JMP_DRIVERS_ALLOW");
  const driversAllow = allow === undefined ? undefined : splitGlobs(allow);
  return {
    host: text(env, "JUMPSTARTER_HOST"),
    grpcInsecure: env["JMP_GRPC_INSECURE"] === "1" || env["JUMPSTARTER_GRPC_INSECURE"] === "1",
    passphrase: text(env, "JMP_GRPC_PASSPHRASE"),
    lease: text(env, "JMP_LEASE"),
    exporter: text(env, "JMP_EXPORTER"),
    exporterLabels: labels(text(env, "JMP_EXPORTER_LABELS") ?? ""),
    driversAllow,
    driversUnsafe: isTrue(env["JMP_DRIVERS_UNSAFE"]) || (driversAllow?.includes("UNSAFE") ?? false),
    compressionDisabled: env["JMP_DISABLE_COMPRESSION"] === "1",
    nonInteractive: isTrue(env["NONINTERACTIVE"]),
  };
}

/** The globs of `JMP_DRIVERS_ALLOW`, or of `drivers.allow` written as one text. */
export function splitGlobs(text: string): readonly string[] {
  return text
    .split(",")
    .map((glob) => glob.trim())
    .filter((glob) => glob !== "");
}

/** What upstream's reader of environment variables takes for true. */
export function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(?:1|true|t|yes|y|on)$/i.test(text);
}

/** An empty variable is one that is not set. */
function text(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === "" ? undefined : value;
}

function labels(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(",").flatMap((pair): [string, string][] => {
    const equals = pair.indexOf("=");
    return equals <= 0 ? [] : [[pair.slice(0, equals), pair.slice(equals + 1)]];
  });
  return Object.fromEntries(pairs);
}
