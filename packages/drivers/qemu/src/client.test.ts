import { createStreamPair, readAll, serve, type ServedDriver } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { qemu } from "./client.ts";
import { qemuFlasher } from "./flasher-client.ts";

const connect = () => createStreamPair().near;

/** A virtual machine that notes what it is told. */
async function openQemu({ exitCode = 0 } = {}) {
  const calls: unknown[] = [];
  const note =
    (name: string) =>
    (...args: readonly unknown[]): void =>
      void calls.push([name, ...args.slice(0, -1)]);
  const flash: ServedDriver = serve(qemuFlasher, {
    async flash(source, target) {
      calls.push(["flash", Buffer.from(await readAll(source)).toString(), target]);
    },
    dump: (target, partition) => void target.end(`content of ${partition}`),
    async *flash_oci(...args) {
      calls.push(["flash_oci", ...args.slice(0, -1).filter((each) => each !== undefined)]);
      yield ["pulling\n", "", null];
      yield ["", "done\n", exitCode];
    },
  });
  const switchable = serve(power, { on: note("on"), off: note("off"), async *read() {} });
  const children = {
    power: switchable,
    flasher: flash,
    console: serve(serial, { connect }),
    vnc: serve(network, { connect, address: () => "" }),
    ssh: serve(network, { connect, address: () => "" }),
  };
  const served = await serveDriver(
    serve(qemu, {
      get_hostname: () => "demo",
      get_username: () => "jumpstarter",
      get_password: () => "password",
      set_disk_size: note("set_disk_size"),
      set_memory_size: note("set_memory_size"),
    }),
    {
      definition: qemu,
      children,
    },
  );
  return { ...served, calls };
}

describe("the qemu client", () => {
  it("switches, resizes and describes a machine", async () => {
    await using served = await openQemu();
    const { client } = served;

    await client.setDiskSize("20G");
    await client.setMemorySize("2G");
    await client.power.on();

    expect(served.calls).toEqual([["set_disk_size", "20G"], ["set_memory_size", "2G"], ["on"]]);
    expect([await client.hostname(), await client.username(), await client.password()]).toEqual([
      "demo",
      "jumpstarter",
      "password",
    ]);
  });

  it("flashes an image to a part of the machine", async () => {
    await using served = await openQemu();
    await served.client.flasher.flash(Buffer.from("disk"), { target: "root" });
    expect(served.calls).toEqual([["flash", "disk", "root"]]);
  });

  it("has the exporter fetch an image from a registry", async () => {
    await using served = await openQemu();
    let said = "";

    await served.client.flasher.flash("oci://quay.io/org/image:1", { target: "root" });
    await served.client.flasher.flashOci("oci://quay.io/org/image:2", {
      username: "me",
      password: "secret",
      onOutput: ({ stdout, stderr }) => (said += stdout + stderr),
    });

    expect(served.calls).toEqual([
      ["flash_oci", "oci://quay.io/org/image:1", "root"],
      ["flash_oci", "oci://quay.io/org/image:2", null, "me", "secret"],
    ]);
    expect(said).toBe("pulling\ndone\n");
  });

  it("does not take a failed fetch for a flash", async () => {
    await using served = await openQemu({ exitCode: 2 });
    await expect(served.client.flasher.flash("oci://quay.io/org/image:1")).rejects.toMatchObject({
      reason: "QEMU_FLASH_FAILED",
    });
    await expect(served.client.flasher.flashOci("docker://x")).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
