import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { implement, JumpstarterError, messageOf } from "@jumpstarter-ts/core";
import { z } from "zod";

import { ssh } from "./client.ts";
import { trustingSsh } from "./ssh-login.ts";

const options = z
  .strictObject({
    /** The user to log in as; empty for the one of the test author's machine. */
    default_username: z.string().default(""),
    /** How ssh is started on the test author's machine. */
    ssh_command: z.string().min(1).default(trustingSsh.join(" ")),
    /** A private key, which every client is given. */
    ssh_identity: z.string().nullish(),
    /** Instead, a file that has it; a relative path starts at the exporter's configuration file. */
    ssh_identity_file: z.string().nullish(),
  })
  .refine((each) => !each.ssh_identity || !each.ssh_identity_file, {
    error: "write either ssh_identity or ssh_identity_file, not both",
    // The other one is a secret, and what is at the path is shown.
    path: ["ssh_identity_file"],
  });

/** What a lab says of a device's ssh server. The server is the child `tcp`; the ssh that runs is the client's. */
export const openSsh = implement(ssh, options, (given, scope) => {
  const { default_username, ssh_command, ssh_identity, ssh_identity_file } = given;
  return {
    get_default_username: () => default_username,
    get_ssh_command: () => ssh_command,
    async get_ssh_identity({ signal }) {
      if (!ssh_identity_file) return ssh_identity || null;
      // Read for each call: a key may be replaced while a session runs.
      return readIdentity(resolve(scope.baseDirectory, ssh_identity_file), { device: scope.name, signal });
    },
  };
});

async function readIdentity(
  path: string,
  { device, signal }: { readonly device: string; readonly signal: AbortSignal },
): Promise<string> {
  try {
    return await readFile(path, { encoding: "utf8", signal });
  } catch (cause) {
    throw new JumpstarterError(`${device} has no key to give: ${path} cannot be read: ${messageOf(cause)}`, {
      code: "failed-precondition",
      reason: "SSH_IDENTITY_UNREADABLE",
      cause,
    });
  }
}
