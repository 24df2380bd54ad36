import { describe, expect, it } from "vitest";

import { qemuArguments } from "./command-line.ts";
import { qemuOptions } from "./options.ts";

const files = { bios: undefined, kernel: undefined, initrd: undefined, firmware: undefined, root: undefined };

function line(options: Readonly<Record<string, unknown>>, more: Partial<typeof files> | object = {}): string {
  return qemuArguments({
    options: qemuOptions.parse(options),
    files: { ...files, ...more },
    accelerator: "tcg",
    memoryBytes: 512 * 1024 ** 2,
    cloudInit: undefined,
    vncSocket: "/tmp/a,b/vnc",
  }).join(" ");
}

describe("QEMU's command line", () => {
  it("has upstream's machine and processor for each architecture", () => {
    expect(line({ arch: "aarch64" })).toMatch(/-cpu cortex-a57 .*-machine virt/);
    expect(line({ arch: "x86_64" })).toMatch(/-cpu qemu64,\+ssse3,\+sse4.1,\+sse4.2,\+popcnt .*-machine q35/);
    expect(line({ arch: "arm" })).toMatch(/-cpu cortex-a15 .*-machine virt/);
    expect(line({ arch: "riscv64" })).not.toContain("-cpu");
    expect(line({ arch: "aarch64", machine: "raspi3b", cpu: "cortex-a53" })).toMatch(
      /-cpu cortex-a53 .*-machine raspi3b/,
    );
  });

  it("starts a kernel without firmware", () => {
    const started = line({ arch: "aarch64", append: "console=ttyAMA0" }, { kernel: "/k", initrd: "/i" });
    expect(started).toContain("-kernel /k -initrd /i -append console=ttyAMA0");
  });

  it("gives firmware its own flash, of which only the variables are written", () => {
    const started = line({ arch: "aarch64" }, { firmware: { code: "/code", variables: "/v.qcow2" } });
    expect(started).toContain("-machine virt,pflash0=firmware,pflash1=variables");
    expect(started).toContain('"filename":"/code"},"read-only":true}');
  });

  it("has the owner's devices and arguments last", () => {
    expect(line({ arch: "aarch64", devices: ["qemu-xhci"], args: ["-no-reboot"] })).toMatch(
      /-device qemu-xhci -no-reboot$/,
    );
  });

  it("doubles the commas that are part of a name", () => {
    expect(line({ arch: "aarch64" })).toContain("-vnc unix:/tmp/a,,b/vnc");
  });

  it("refuses options that it does not know", () => {
    expect(() => qemuOptions.parse({ memory: "1G" })).toThrow("memory");
    expect(() => qemuOptions.parse({ mem: "much" })).toThrow("is no size");
    expect(() => qemuOptions.parse({ hostfwd: { ssh: { hostport: 70_000, guestport: 22 } } })).toThrow("hostport");
    expect(() => qemuOptions.parse({ hostfwd: { vnc: { hostport: 0, guestport: 22 } } })).toThrow("every machine");
  });
});
