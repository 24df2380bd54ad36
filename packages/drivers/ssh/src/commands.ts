import type { DeviceCommand } from "@jumpstarter-ts/core";

import type { SshClient } from "./client.ts";
import { splitSshArguments } from "./ssh-command.ts";

/** `j ssh uname -r`. */
export const sshCommands: readonly DeviceCommand<SshClient>[] = [
  {
    name: "",
    help: "Run a command on the device over ssh, or log in",
    details: `j ssh uname -r
j ssh -t top

ARGS are options of ssh and then the command; without a command it is a login. They are read by the
device's shell, as ssh has it. The exit code is the command's; 255 is ssh's own. Ctrl+C ends ssh; a command
that neither reads nor writes learns of it only on a terminal of its own (-t).
A first word that is the name of a device below is that device, unless -- stands before it.`,
    options: [{ name: "direct", help: "Connect to the device's own address where this machine can reach it" }],
    parameters: [{ name: "ARGS", isOptional: true, isRest: true, isVerbatim: true }],
    run: async (client, input, { signal }) => {
      const { sshOptions, command } = splitSshArguments(input.words("ARGS"));
      const isDirect = input.isSet("direct");
      const { exitCode } = await client.run(command.join(" "), { sshOptions, isDirect, isInteractive: true, signal });
      return exitCode;
    },
  },
];
