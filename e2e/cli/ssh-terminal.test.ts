import { userInfo } from "node:os";

import { describe, expect, it } from "vitest";

import { createBenchDirectory } from "../../packages/cli/test/bench-config.ts";
import { bin } from "../../packages/cli/test/run-command.ts";
import { root } from "../../scripts/step.ts";
import { hasSshd, startSshd } from "../clients/sshd.ts";
import { hasTmux, openTerminal } from "./tmux.ts";

describe.skipIf(!hasTmux || !hasSshd)("j ssh at a terminal (needs tmux and sshd)", { timeout: 60_000 }, () => {
  it("leaves Ctrl+C to a device that has the terminal, and is ended by it otherwise", async () => {
    await using server = await startSshd();
    using bench = createBenchDirectory(`export:
  ssh:
    type: jumpstarter_driver_ssh.driver.SSHWrapper
    config: { default_username: ${userInfo().username}, ssh_identity_file: ${server.identity} }
    children:
      tcp: { type: jumpstarter_driver_network.driver.TcpNetwork, config: { host: 127.0.0.1, port: ${server.port} } }
`);
    using terminal = openTerminal({
      command: [`${bin}/jmp`, "shell", "--exporter-config", bench.config, "--", "bash", "--norc", "--noprofile"],
      cwd: root,
      env: { PATH: `${bin}:${process.env["PATH"]}`, PS1: "inside> ", BASH_SILENCE_DEPRECATION_WARNING: "1" },
    });
    const enter = (line: string): void => {
      terminal.type(line);
      terminal.press("Enter");
    };
    await terminal.shows(/inside>|[$#]/);

    enter(`j ssh -t "trap 'exit 7' INT; tty; echo re''ady; sleep 60"; echo code $?`);
    await terminal.shows(/\/dev\/pts\/\d+\s+ready/);
    terminal.press("C-c");
    await terminal.shows(/^(?:\^C)?code 7$/m);
    enter("j ssh 'echo run''ning; cat'; echo ended $?");
    await terminal.shows(/^running$/m);
    terminal.press("C-c");
    await terminal.shows(/^(?:\^C)?ended 2$/m);

    expect(terminal.screen()).not.toContain("Error:");
  });
});
