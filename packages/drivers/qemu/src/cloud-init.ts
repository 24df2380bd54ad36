import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { QemuOptions } from "./options.ts";

/** What cloud-init reads from a drive called CIDATA: the host's name, and a user who may do everything. */
export async function writeCloudInit(
  directory: string,
  { hostname, username, password }: Pick<QemuOptions, "hostname" | "username" | "password">,
  instance: string,
): Promise<string> {
  const path = join(directory, "cidata");
  await mkdir(path, { recursive: true });
  const user = {
    name: username,
    plain_text_passwd: password,
    lock_passwd: false,
    sudo: "ALL=(ALL) NOPASSWD:ALL",
  };
  // JSON is YAML, too.
  await writeFile(
    join(path, "meta-data"),
    `${JSON.stringify({ "instance-id": instance, "local-hostname": hostname })}\n`,
  );
  await writeFile(join(path, "user-data"), `#cloud-config\n${JSON.stringify({ ssh_pwauth: true, users: [user] })}\n`);
  return path;
}
