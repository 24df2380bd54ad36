import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createScope } from "@jumpstarter-ts/core";

import { runLocal, type CommandOptions, type CommandResult } from "./local-command.ts";
import { quoteWord } from "./ssh-command.ts";

export interface SshLogin {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  /** A private key. */
  readonly identity?: string | undefined;
  readonly password?: string | undefined;
  /** The program and its first options. */
  readonly sshCommand: readonly [string, ...string[]];
  /** More options of ssh. */
  readonly sshOptions?: readonly string[];
}

/** For a device whose host key is another one after each flash. */
export const trustingSsh: SshLogin["sshCommand"] = [
  "ssh",
  ...["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"].flatMap((each) => ["-o", each]),
];

/** Runs this machine's ssh. Words of a command reach the device's shell as they are; a text is read by it. */
export async function runSsh(
  { host, port, username, identity, password, sshCommand, sshOptions = [] }: SshLogin,
  command: string | readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  await using scope = createScope("ssh");
  const directory = async (): Promise<string> => {
    // Only for this user, as mkdtemp makes it.
    const made = await mkdtemp(join(tmpdir(), "jumpstarter-ssh-"));
    scope.defer(() => rm(made, { recursive: true, force: true }), { what: "remove the key" });
    return made;
  };
  const args: string[] = [];
  let env: Readonly<Record<string, string>> = {};
  if (identity !== undefined && identity !== "") {
    const file = join(await directory(), "key");
    await writeFile(file, identity.endsWith("\n") ? identity : `${identity}\n`, { mode: 0o600 });
    args.push("-i", file);
  }
  if (password !== undefined && password !== "") {
    const file = join(await directory(), "password");
    await writeFile(file, `#!/bin/sh\nprintf '%s\\n' "$JMP_SSH_PASSWORD"\n`, { mode: 0o700 });
    env = { SSH_ASKPASS: file, SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0", JMP_SSH_PASSWORD: password };
  }
  if (port !== 22) args.push("-p", String(port));
  if (username !== undefined && username !== "" && !sshOptions.includes("-l")) args.push("-l", username);
  const words = typeof command === "string" ? command : command.map(quoteWord).join(" ");
  const [program, ...first] = sshCommand;
  const last = words === "" ? [host] : [host, words];
  // ssh looks for more options behind the host.
  if (words.startsWith("-")) last.unshift("--");
  return await runLocal([program, ...first, ...args, ...sshOptions, ...last], options, env);
}
