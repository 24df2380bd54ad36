import { constants, existsSync } from "node:fs";
import { access } from "node:fs/promises";
import { tmpdir } from "node:os";

import { silentLogger } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { emulator, isMissing } from "../test/u-boot.ts";
import { chooseAccelerator } from "./accelerator.ts";
import { hostArchitecture, qemuOptions } from "./options.ts";
import { probeGuest } from "./probe-guest.ts";

const how = { cwd: tmpdir(), signal: new AbortController().signal, log: silentLogger };
const foreign = hostArchitecture() === "aarch64" ? "x86_64" : "aarch64";

describe("the accelerator of a virtual machine", () => {
  it("is emulation for another architecture, without a trial", async () => {
    expect(await chooseAccelerator("/no/qemu", qemuOptions.parse({ arch: foreign }), how)).toBe("tcg");
  });

  it("is what was asked for, or a sentence that says why not", async () => {
    expect(await chooseAccelerator("/no/qemu", qemuOptions.parse({ accel: "tcg" }), how)).toBe("tcg");
    await expect(
      chooseAccelerator("/no/qemu", qemuOptions.parse({ arch: foreign, accel: "kvm" }), how),
    ).rejects.toMatchObject({ reason: "QEMU_KVM_UNUSABLE", message: expect.stringContaining(`cannot run ${foreign}`) });
  });

  it("is emulation where no trial guest has run, though this machine has the architecture", async () => {
    expect(await chooseAccelerator("/bin/false", qemuOptions.parse({ arch: hostArchitecture() }), how)).toBe("tcg");
  });

  it("is sought again after a trial that could not even begin", async ({ skip }) => {
    const options = qemuOptions.parse({ arch: hostArchitecture(), cpu: "sought-again" });
    const canTry = await access("/dev/kvm", constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    );
    skip(!canTry, "no trial without /dev/kvm");
    const full = { ...how, cwd: "/no/room" };
    await expect(chooseAccelerator("/bin/false", options, full)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await chooseAccelerator("/bin/false", options, how)).toBe("tcg");
  });
});

describe.skipIf(isMissing)("the trial guest", () => {
  it("is heard where a machine runs", async () => {
    const trial = { arch: "aarch64", cpu: "cortex-a53", accelerator: "tcg", cwd: tmpdir() } as const;
    expect(await probeGuest(emulator, trial)).toBeUndefined();
  });

  it("passes on what QEMU says where none does", async () => {
    const trial = { arch: "aarch64", cpu: "none-such", accelerator: "tcg", cwd: tmpdir() } as const;
    expect(await probeGuest(emulator, trial)).toContain("none-such");
  });
});

const pc = "/usr/bin/qemu-system-x86_64";

describe.skipIf(process.env["CI"] !== "true" && !existsSync(pc))("the trial guest of a PC", () => {
  it("is heard where a machine runs", async () => {
    const trial = { arch: "x86_64", cpu: "qemu64", accelerator: "tcg", cwd: tmpdir() } as const;
    expect(await probeGuest(pc, trial)).toBeUndefined();
  });

  it("decides whether a PC is emulated here", async () => {
    const options = qemuOptions.parse({ arch: "x86_64" });
    const obstacle = await probeGuest(pc, { arch: "x86_64", cpu: "host", accelerator: "kvm", cwd: tmpdir() });
    const isPcHere = hostArchitecture() === "x86_64";
    const expected = isPcHere && obstacle === undefined ? "kvm" : "tcg";
    expect(await chooseAccelerator(pc, options, how)).toBe(expected);
  });
});
