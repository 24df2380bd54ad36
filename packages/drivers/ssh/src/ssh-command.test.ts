import { describe, expect, it } from "vitest";

import { quoteWord, readSshCommand, splitSshArguments, splitWords } from "./ssh-command.ts";

describe("the ssh command of a lab", () => {
  it("is taken as upstream's drivers give it", () => {
    const command =
      "ssh -o StrictHostKeyChecking=no -oUserKnownHostsFile=/dev/null -o 'LogLevel=ERROR' -q -c aes128-ctr";
    expect(readSshCommand(command, "ssh")).toEqual(
      "ssh -o StrictHostKeyChecking=no -oUserKnownHostsFile=/dev/null -o LogLevel=ERROR -q -c aes128-ctr".split(" "),
    );
  });

  it.each([
    "sshpass -p secret ssh",
    "/tmp/ssh",
    "ssh -o ProxyCommand=sh",
    "ssh -oLocalCommand=sh",
    "ssh -F /tmp/config",
    "ssh -o UserKnownHostsFile=/root/.ssh/authorized_keys",
    "",
  ])("is refused where it could run something else: %s", (command) => {
    expect(() => readSshCommand(command, "board.ssh")).toThrow(/board\.ssh wants .* sshCommand/);
  });
});

describe("words", () => {
  it("are split as a shell does", () => {
    expect(splitWords(String.raw`ssh  -o 'a b' "c \"d\"" e\ f g'h'"i"`)).toEqual([
      "ssh",
      "-o",
      "a b",
      'c "d"',
      "e f",
      "ghi",
    ]);
  });

  it("are quoted so that a shell gives them back", () => {
    for (const word of ["ls", "", "a b", "it's", "$(x)", "a\nb"]) expect(splitWords(quoteWord(word))).toEqual([word]);
  });

  it("of a command line are ssh's own up to the first that is none", () => {
    expect(splitSshArguments(["-v", "-p", "22", "ls", "-l"])).toEqual({
      sshOptions: ["-v", "-p", "22"],
      command: ["ls", "-l"],
    });
    expect(splitSshArguments(["--unknown", "x"])).toEqual({ sshOptions: [], command: ["--unknown", "x"] });
  });
});
