import type { ErrorCode } from "@jumpstarter-ts/core";

import type { RapidFailureLimits } from "./rapid-failures.ts";
import type { RunListen } from "./run-options.ts";

/** The first line that the parent writes; `stop` and `hurry` follow, each on a line of its own. */
export interface RunRequest {
  readonly configFile: string;
  readonly listen: RunListen;
}

/** What the exporter's process says, a line each. */
export type RunMessage =
  | {
      readonly kind: "ready";
      readonly host: string;
      readonly certificate: string | undefined;
      readonly hookHost: string | undefined;
      readonly limits: RapidFailureLimits;
      /** How long an orderly end may take. */
      readonly stopMs: number;
    }
  | { readonly kind: "error"; readonly message: string; readonly code: ErrorCode; readonly reason: string }
  /** It ends on its own terms, and is not to be started again. */
  | { readonly kind: "end"; readonly exitCode: number };
