/* eslint-disable */
// Written by jumpstarter() from the exporters that it has opened. Commit it, so that tests are checked everywhere.
import type { ClientOf, UntypedClient } from "@jumpstarter-ts/vitest";

declare module "@jumpstarter-ts/vitest" {
  interface Exporters {
    readonly uno: {
      readonly board: {
        readonly power: ClientOf<typeof import("@jumpstarter-ts/driver-power").power>;
        readonly console: ClientOf<typeof import("@jumpstarter-ts/driver-serial").serial>;
        readonly flasher: ClientOf<typeof import("@jumpstarter-ts/driver-storage").flasher>;
        readonly pins: ClientOf<typeof import("@jumpstarter-ts/driver-arduino").pins>;
      };
      readonly power: ClientOf<typeof import("@jumpstarter-ts/driver-power").power>;
      readonly console: ClientOf<typeof import("@jumpstarter-ts/driver-serial").serial>;
      readonly flasher: ClientOf<typeof import("@jumpstarter-ts/driver-storage").flasher>;
      readonly pins: ClientOf<typeof import("@jumpstarter-ts/driver-arduino").pins>;
    };
  }
}

export type { ClientOf, UntypedClient };
