/* eslint-disable */
// Written by jumpstarter() from the exporters that it has opened. Commit it, so that tests are checked everywhere.
import type { ClientOf, UntypedClient } from "@jumpstarter-ts/vitest";

declare module "@jumpstarter-ts/vitest" {
  interface Exporters {
    readonly board: {
      readonly board: ClientOf<typeof import("@jumpstarter-ts/driver-qemu").qemu>;
    };
  }
}

export type { ClientOf, UntypedClient };
