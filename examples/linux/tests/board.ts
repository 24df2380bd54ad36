import { defineStates, dutTest, withStates, type Exporters } from "@jumpstarter-ts/vitest";

const login = { login: { user: "root" }, nudgeAfter: 0 } as const;

/**
 * Where a board can be, and how it gets from one place to the next. The signal ends what waits when the time of a
 * transition is over, so that it does not type into the next try.
 */
const states = defineStates<Exporters["board"]>()({
  off: { enter: ({ power }) => power.off() },
  bootloader: {
    from: "off",
    timeout: "20s",
    async enter({ power, uboot }, { signal }) {
      await power.on();
      return uboot.console({ signal });
    },
  },
  shell: {
    from: ["off", "bootloader"],
    timeout: "90s",
    async enter({ power, console }, { from, signal }) {
      const since = console.mark();
      if (from === "off") await power.on();
      else await console.sendLine("boot");
      // Not before: a key that comes too early stops U-Boot.
      await console.waitFor("login: ", { since, timeout: "80s", failOn: /Kernel panic.*/, signal });
      return console.shell({ ...login, signal });
    },
    attach: ({ console }) => console.shell({ nudgeAfter: 0, timeout: "5s" }),
    // A machine in QEMU keeps a snapshot of the first time; a board without snapshots boots again.
    snapshot: ({ machine }) => machine,
  },
});

/** Tests that say where they want the board: `at("shell")`, or `fresh("shell")` if nobody may have touched it. */
export const test = withStates(dutTest("board"), states);
