import type { Timeouts } from "./options.ts";

/** What the main process tells its workers. */
export interface ProvidedByJumpstarter {
  /** Of the broker. */
  readonly socket: string;
  readonly token: string;
  /** The project's directory: where driver packages are looked for. */
  readonly root: string;
  readonly timeouts: Timeouts;
}

declare module "vitest" {
  interface ProvidedContext {
    jumpstarter: ProvidedByJumpstarter;
  }
}
