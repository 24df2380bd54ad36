import type { DeviceCommand } from "@jumpstarter-ts/core";

import type { TmtClient } from "./client.ts";

/** `j tmt run -a plan --name smoke`. */
export const tmtCommands: readonly DeviceCommand<TmtClient>[] = [
  {
    name: "",
    help: "Run this machine's tmt with the device as its guest",
    details: `j tmt run -a plan --name smoke

ARGS are tmt's own. The exit code is tmt's. Options of j tmt stand before them.
A first word that is the name of a device below is that device, unless -- stands before it.`,
    options: [
      { name: "forward-ssh", help: "Go through the exporter even where this machine knows the device's own address" },
      { name: "tmt-username", value: "USER", help: "Log in as this user; as the lab says if left out" },
      { name: "tmt-password", value: "TEXT", help: "Its password" },
      { name: "tmt-cmd", value: "PROGRAM", help: "The program to run; tmt if left out", complete: "files" },
    ],
    parameters: [{ name: "ARGS", isOptional: true, isRest: true, isVerbatim: true, complete: "files" }],
    run: async (client, input, { signal }) => {
      const [username, password, program] = ["tmt-username", "tmt-password", "tmt-cmd"].map((each) => input.text(each));
      const { exitCode } = await client.run(input.words("ARGS"), {
        isForwarded: input.isSet("forward-ssh"),
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
        ...(program === undefined ? {} : { program }),
        isInteractive: true,
        signal,
      });
      return exitCode;
    },
  },
];
