/* eslint-disable */
// Written by jumpstarter() from the exporters that it has opened. Commit it, so that tests are checked everywhere.
import type { ClientOf, UntypedClient } from "@jumpstarter-ts/vitest";

declare module "@jumpstarter-ts/vitest" {
  interface Exporters {
    readonly "u-boot": {
      readonly machine: ClientOf<typeof import("@jumpstarter-ts/driver-qemu").qemu>;
      readonly power: ClientOf<typeof import("@jumpstarter-ts/driver-power").power>;
      readonly console: ClientOf<typeof import("@jumpstarter-ts/driver-serial").serial>;
      readonly uboot: ClientOf<typeof import("@jumpstarter-ts/driver-uboot").uboot>;
    };
  }
}

export type { ClientOf, UntypedClient };
