import { readFileSync } from "node:fs";
import { join } from "node:path";

import { networkFlasher } from "@jumpstarter-ts/driver-flashers";
import { describe, expect, it } from "vitest";

import { openFlashBench } from "../../../drivers/flashers/test/flash-bench.ts";
import { createBenchDirectory } from "../../test/bench-config.ts";
import { createTestIo, type TestIo, type TestIoOptions } from "../../test/test-io.ts";
import { runProgram } from "../program.ts";
import { packageCommands } from "./package-commands.ts";

type Bench = Awaited<ReturnType<typeof openFlashBench>>;

async function j(
  { device }: Bench,
  words: readonly string[],
  options: TestIoOptions & { readonly interruptAt?: string } = {},
): Promise<TestIo["seen"] & { readonly code: number }> {
  const io = createTestIo(options);
  if (options.interruptAt !== undefined) {
    const { interruptAt } = options;
    io.stderr.on("data", () => io.seen.stderr.includes(interruptAt) && io.interrupt());
  }
  const root = { name: "j flasher", help: "A flasher", commands: await packageCommands(device, networkFlasher) };
  return { code: await runProgram(root, ["flash", ...words], io, { usageCode: 1 }), ...io.seen };
}

const url = "https://images.example/disk.img.gz";

/** What the board was told to write, and where. */
const written = ({ ran }: Bench): readonly string[] => ran.filter((line) => /^fls|dd of=/.test(line));

describe("j flasher flash", { timeout: 60_000 }, () => {
  it("writes an image of this machine, with a bar while it goes to the exporter and a line for each step", async () => {
    await using bench = await openFlashBench();
    using directory = createBenchDirectory();
    const image = directory.file("disk.raw", "image".repeat(400_000));

    const { code, stdout, stderr } = await j(bench, [image, "--target", "usd"], { isTerminal: true });

    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/\rflash 100% \[=+\] 1\.9\/1\.9 MiB/);
    expect(stderr.replaceAll(/\r[^\n]*\n/g, "<bar>\n")).toBe(`flash: preparing the bundle and the servers
<bar>
flash: booting the board over the network
flash: the board writes the image
${image} is on /dev/mmcblk1
`);
    expect(readFileSync(join(bench.root, "disk.raw"), "utf8")).toBe(readFileSync(image, "utf8"));
    expect(bench.board.powered).toEqual(["off", "on", "off"]);
  });

  it("takes upstream's options", async () => {
    await using bench = await openFlashBench();
    const options = "-k --method shell --bearer abc --force-flash-bundle registry.example/bundle:v1 --no-power-off";

    const { code } = await j(bench, [url, ...options.split(" "), "--header", "X-Lab: one:two"]);

    expect(code).toBe(0);
    expect(bench.calls[0]).toEqual(["setup_flasher_bundle", "registry.example/bundle:v1"]);
    expect(written(bench)).toEqual([
      expect.stringContaining(
        `-H 'X-Lab: one:two' -H 'Authorization: Bearer abc' '${url}' | zcat | dd of=/dev/mmcblk0`,
      ),
    ]);
    expect(bench.board.powered).toEqual(["off", "on"]);
  });

  it("writes several partitions one after the other, and only the last leaves the power on", async () => {
    await using bench = await openFlashBench();

    const { code, stderr } = await j(bench, ["-t", `boot:${url}`, "-t", `root:${url}`, "--no-power-off"]);

    expect([code, stderr]).toEqual([0, expect.stringContaining("flash root: the board writes the image")]);
    expect(written(bench).map((line) => line.split(" ").at(-1))).toEqual([
      "/dev/disk/by-partlabel/boot",
      "/dev/disk/by-partlabel/root",
    ]);
    expect(bench.board.powered).toEqual(["off", "on", "off", "off", "on"]);
  });

  it("ends at Ctrl+C, with the servers stopped", async () => {
    await using bench = await openFlashBench();

    const { code, stderr } = await j(bench, [url], { interruptAt: "booting the board" });

    expect([code, stderr]).toEqual([2, expect.not.stringContaining("Error")]);
    expect(bench.calls.slice(-2)).toEqual(["tftp stop", "http stop"]);
  });

  it.each([
    [[], "j flasher flash needs an image: j flasher flash FILE"],
    [[url, "-t", "boot:boot.img"], "j flasher flash got both FILE and -t NAME:FILE: give one of them"],
    [["-t", "boot"], '-t is "boot": write it as boot:boot.img'],
    [[url, "--retries", "often"], '--retries of j flasher flash is "often": it is a number, from 0'],
    [[url, "--header", "a:b", "--header", "A:c"], "the header a is given twice"],
    [[url, "--bearer", "a b"], expect.stringMatching(/^--bearer is no token that can be sent/)],
    [[url, "--method", "dd"], '--method of j flasher flash is "dd": it is one of fls, shell'],
    [["/gone.img"], expect.stringContaining("/gone.img")],
  ])("says in one sentence what is wrong with %j", async (words, sentence) => {
    await using bench = await openFlashBench();

    const { code, stderr } = await j(bench, words);

    const [, said = "", ...more] = /Error: (.*)\n([^]*)$/.exec(stderr) ?? [];
    expect([code, said, ...more]).toEqual([1, sentence, ""]);
    expect(bench.board.powered).toEqual([]);
  });

  it("explains itself", async () => {
    await using bench = await openFlashBench();
    const { stdout } = await j(bench, ["--help"]);
    expect(stdout).toContain("Usage: j flasher flash [OPTIONS] [FILE]\n");
    expect(stdout).toMatch(/ -t, --partition NAME:FILE +Write the file to the partition/);
  });
});
