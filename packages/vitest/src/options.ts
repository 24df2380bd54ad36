import { JumpstarterError, parseDuration, type Duration } from "@jumpstarter-ts/core";

/** The options of the plugin. */
export interface JumpstarterOptions {
  /** Exporter configuration files, or patterns of them, from the directory of the Vitest configuration. Default `./exporters/*.yaml`. */
  readonly exporters?: string | readonly string[];
  /**
   * Where the devices are. `auto` takes the session that JUMPSTARTER_HOST names, else it starts an exporter for every
   * configuration file; `local` always does that; `{ host }` is a session at a socket path or at `host:port`.
   */
  readonly connect?: "auto" | "local" | { readonly host: string };
  /**
   * What becomes of a device between two passing tests: put into its safe state, or kept as the test left it. After a
   * failure and at the end it is always put into its safe state. Default `safe`.
   */
  readonly between?: "safe" | "keep";
  readonly timeouts?: {
    /** Waiting for a device, the start of its exporter included. Default 20m. */
    readonly lease?: Duration | number;
    /** Getting a device's clients ready once it is lent. Default 60s. */
    readonly prepare?: Duration | number;
    /** One clean-up. Default 5s. */
    readonly cleanUp?: Duration | number;
    /** Putting one device into its safe state. Default 10s. */
    readonly safeState?: Duration | number;
    /** How long a device stays in a state (`withStates`) while no test asks for it. Default 30s. */
    readonly idle?: Duration | number;
  };
}

export interface Timeouts {
  readonly leaseMs: number;
  readonly prepareMs: number;
  readonly cleanUpMs: number;
  readonly safeStateMs: number;
  readonly idleMs: number;
}

export interface Settings {
  readonly exporters: readonly string[];
  readonly connect: { readonly kind: "local" } | { readonly kind: "host"; readonly host: string };
  readonly between: "safe" | "keep";
  readonly timeouts: Timeouts;
}

/** Checks the options and fills in what they leave open. */
export function readOptions(
  { exporters = "./exporters/*.yaml", connect = "auto", between = "safe", timeouts = {} }: JumpstarterOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  if (between !== "safe" && between !== "keep")
    throw optionError(`between is ${JSON.stringify(between)}`, `"safe" or "keep"`);
  return {
    exporters: typeof exporters === "string" ? [exporters] : exporters,
    connect: chooseConnection(connect, environment),
    between,
    timeouts: {
      leaseMs: parseDuration(timeouts.lease ?? "20m"),
      prepareMs: parseDuration(timeouts.prepare ?? "60s"),
      cleanUpMs: parseDuration(timeouts.cleanUp ?? "5s"),
      safeStateMs: parseDuration(timeouts.safeState ?? "10s"),
      idleMs: parseDuration(timeouts.idle ?? "30s"),
    },
  };
}

function chooseConnection(
  connect: NonNullable<JumpstarterOptions["connect"]>,
  environment: Readonly<Record<string, string | undefined>>,
): Settings["connect"] {
  if (connect === "local") return { kind: "local" };
  if (connect === "auto") {
    const host = environment["JUMPSTARTER_HOST"];
    return host === undefined || host === "" ? { kind: "local" } : { kind: "host", host };
  }
  if (typeof connect === "object" && typeof connect.host === "string" && connect.host !== "") {
    return { kind: "host", host: connect.host };
  }
  throw optionError(
    `connect is ${JSON.stringify(connect)}`,
    `"auto", "local" or { host: "<socket path or host:port>" }`,
  );
}

function optionError(seen: string, expected: string): JumpstarterError {
  return new JumpstarterError(`jumpstarter(): the option ${seen}; it must be ${expected}`, {
    code: "invalid-argument",
    reason: "OPTION_INVALID",
  });
}
