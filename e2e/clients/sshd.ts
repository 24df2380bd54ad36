import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { freeTcpPort } from "./free-port.ts";

const program = "/usr/sbin/sshd";
const sftpServer = "/usr/lib/openssh/sftp-server";

export const hasSshd = existsSync(program);

export interface Sshd extends AsyncDisposable {
  readonly port: number;
  /** The file with the one key that may log in. */
  readonly identity: string;
}

/** A real ssh server of this user. */
export async function startSshd(): Promise<Sshd> {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-sshd-"));
  const port = await freeTcpPort();
  for (const key of ["host", "user"]) {
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(directory, key)]);
  }
  const config = join(directory, "config");
  await writeFile(
    config,
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${directory}/host`,
      `AuthorizedKeysFile ${directory}/user.pub`,
      `PidFile ${directory}/pid`,
      `Subsystem sftp ${sftpServer}`,
      "StrictModes no",
      "UsePAM no",
    ].join("\n"),
  );
  spawnSync("mkdir", ["-p", "/run/sshd"]);
  const server = spawn(program, ["-D", "-e", "-f", config], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const lines = createInterface({ input: server.stderr });
  await new Promise((resolve) => lines.on("line", (line) => line.includes("listening") && resolve(line)));
  return {
    port,
    identity: join(directory, "user"),
    async [Symbol.asyncDispose]() {
      server.kill();
      await ended;
      await rm(directory, { recursive: true });
    },
  };
}
