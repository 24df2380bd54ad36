import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { createFakeUboot } from "../../uboot/test/fake-uboot.ts";
import { openRegistry } from "../test/registry.ts";
import { networkFlasher } from "./client.ts";
import { baseFlasher } from "./driver.ts";

const manifest = `
apiVersion: jumpstarter.dev/v1alpha1
kind: FlashBundleManifest
metadata: { name: test }
spec:
  manufacturer: Acme
  link: https://acme.example
  bootcmd: booti 0x1 0x2 0x3
  default_target: emmc
  targets: { emmc: /dev/mmcblk0 }
  kernel: { file: data/Image, address: "0x1" }
  initram: { file: data/initramfs, address: "0x2" }
  dtb:
    default: plain
    address: "0x3"
    variants:
      plain: { file: data/plain.dtb }
      camera: { file: data/camera.dtb, bootcmd: "booti camera" }
      firmware: {}
`;

async function openBench({ text = manifest } = {}) {
  const root = await mkdtemp(join(tmpdir(), "jumpstarter-flasher-"));
  await mkdir(join(root, "bundle", "data"), { recursive: true });
  await writeFile(join(root, "bundle", "manifest.yaml"), text);
  for (const name of ["Image", "initramfs", "plain.dtb", "camera.dtb"]) {
    await writeFile(join(root, "bundle", "data", name), `the ${name}`);
  }
  return {
    root,
    served: () => readdir(join(root, "tftp")),
    start: (options: Readonly<Record<string, unknown>> = {}) =>
      serveDriver(baseFlasher, {
        definition: networkFlasher,
        baseDirectory: root,
        options: { flasher_bundle: "./bundle", tftp_dir: "tftp", http_dir: "http", cache_dir: "cache", ...options },
        children: createFakeUboot().children,
      }),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}

/** Another PATH, until it is disposed of. */
function pathOf(directory: string) {
  const before = process.env["PATH"];
  process.env["PATH"] = directory;
  return {
    async [Symbol.asyncDispose]() {
      process.env["PATH"] = before;
    },
  };
}

describe("the exporter's flasher", () => {
  it("opens its servers and U-Boot by itself, with the board's power and serial line below it", async () => {
    await using bench = await openBench();
    await using served = await bench.start();

    expect([...served.device.children.keys()].toSorted()).toEqual(["http", "power", "serial", "tftp", "uboot"]);
    const uboot = served.device.children.get("uboot");
    expect(uboot?.children.get("power")?.uuid).toBe(served.device.children.get("power")?.uuid);
    expect(await served.client.uboot.prompt()).toBe("\n=>");
  });

  it("puts kernel, initramfs and device tree where the board finds them, and takes them away in the end", async () => {
    await using bench = await openBench();
    {
      await using served = await bench.start();
      await served.client.setupBundle();

      expect(await bench.served()).toEqual(["Image", "initramfs", "plain.dtb"]);
      expect(await readFile(join(bench.root, "tftp", "Image"), "utf8")).toBe("the Image");
    }
    expect(await bench.served()).toEqual([]);
  });

  it("copies each file once a session, unless somebody has removed it", async () => {
    await using bench = await openBench();
    await using served = await bench.start();
    await served.client.setupBundle();
    await writeFile(join(bench.root, "bundle", "data", "Image"), "changed meanwhile");
    await served.client.tftp.storage.delete("initramfs");

    await served.client.setupBundle();

    expect(await bench.served()).toEqual(["Image", "initramfs", "plain.dtb"]);
    expect(await readFile(join(bench.root, "tftp", "Image"), "utf8")).toBe("the Image");
  });

  it("tells what the manifest says, also of another device tree", async () => {
    await using bench = await openBench();
    await using served = await bench.start({ default_target: "usd" });
    const { device, client } = served;
    const tell = async (...names: readonly string[]) => Promise.all(names.map((name) => device.call(`get_${name}`)));

    expect(await tell("kernel_filename", "kernel_address", "initram_filename", "initram_address")).toEqual([
      "Image",
      "0x1",
      "initramfs",
      "0x2",
    ]);
    expect(await tell("dtb_filename", "dtb_address", "bootcmd")).toEqual(["plain.dtb", "0x3", "booti 0x1 0x2 0x3"]);
    await client.useDtbVariant("camera");
    expect(await tell("dtb_filename", "bootcmd")).toEqual(["camera.dtb", "booti camera"]);
    await client.useDtbVariant("firmware");
    expect(await tell("dtb_filename", "bootcmd")).toEqual(["", "booti 0x1 0x2 0x3"]);
    expect(await client.defaultTarget()).toBe("usd");
    expect((await client.manifest()).spec.targets).toEqual({ emmc: "/dev/mmcblk0" });
    await expect(client.useDtbVariant("radar")).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining('no device tree "radar"; it has plain, camera, firmware'),
    });
  });

  it.each(["bundle.tar", "bundle.tar.gz"])("takes a bundle from %s", async (name) => {
    await using bench = await openBench();
    execFileSync("tar", ["-C", join(bench.root, "bundle"), "-caf", join(bench.root, name), "."]);
    await using served = await bench.start({ flasher_bundle: `./${name}` });

    await served.client.setupBundle();

    expect(await bench.served()).toEqual(["Image", "initramfs", "plain.dtb"]);
  });

  it("takes a bundle from the lab's own registry, and asks it once a session", async () => {
    await using bench = await openBench();
    const content = execFileSync("tar", ["-C", join(bench.root, "bundle"), "-czf", "-", "data"]);
    const title = "org.opencontainers.image.title";
    await using registry = await openRegistry({
      isGuarded: true,
      layers: [
        { content: Buffer.from(manifest), annotations: { [title]: "manifest.yaml" } },
        { content, annotations: { [title]: "data", "io.deis.oras.content.unpack": "true" } },
      ],
    });
    await using served = await bench.start({ flasher_bundle: registry.reference });

    await served.client.setupBundle();
    await served.client.setupBundle();

    expect(await bench.served()).toEqual(["Image", "initramfs", "plain.dtb"]);
    expect(registry.asked.filter((path) => path.includes("/manifests/"))).toHaveLength(2); // Without the token, then with it.
    expect(await readdir(join(bench.root, "cache"))).toEqual([registry.digest.replace(":", "-")]);
  });

  it("leaves nothing of an unpacked bundle behind", async () => {
    await using bench = await openBench();
    execFileSync("tar", ["-C", join(bench.root, "bundle"), "-cf", join(bench.root, "bundle.tar"), "."]);
    const unpacked = async () => (await readdir(tmpdir())).filter((name) => name.startsWith("jumpstarter-bundle-"));
    const before = await unpacked();
    {
      await using served = await bench.start({ flasher_bundle: "./bundle.tar" });
      await served.client.manifest();
      expect((await unpacked()).length).toBeGreaterThan(before.length);
    }
    expect((await unpacked()).filter((name) => !before.includes(name))).toEqual([]);
  });

  it("leaves nothing behind of a bundle that cannot be unpacked, while it is still open", async () => {
    await using bench = await openBench();
    await writeFile(join(bench.root, "bundle.tar"), Buffer.alloc(1_000, "x"));
    const unpacked = async () => (await readdir(tmpdir())).filter((name) => name.startsWith("jumpstarter-bundle-"));
    const before = await unpacked();
    await using served = await bench.start({ flasher_bundle: "./bundle.tar" });

    await expect(served.client.manifest()).rejects.toMatchObject({ reason: "FLASHER_BUNDLE_INVALID" });

    expect((await unpacked()).filter((name) => !before.includes(name))).toEqual([]);
  });

  it("hands out the lab's certificates, and says when it cannot read them", async () => {
    await using bench = await openBench();
    await writeFile(join(bench.root, "ca.pem"), "PEM");
    await using served = await bench.start({ cacert: "ca.pem" });
    expect(await served.device.call("get_cacert")).toBe("PEM");

    await using without = await bench.start({ cacert: "missing.pem" });
    await expect(without.device.call("get_cacert")).rejects.toThrow("the certificates of cacert cannot be read");
  });

  it("hands out the exporter's own fls where there is one", async () => {
    await using bench = await openBench();
    await using served = await bench.start();
    await using _path = pathOf(join(bench.root, "bin"));
    await expect(served.device.call("setup_fls_binary")).rejects.toMatchObject({ code: "unsupported" });

    await mkdir(join(bench.root, "bin"));
    await writeFile(join(bench.root, "bin", "fls"), "a program", { mode: 0o755 });
    await served.device.call("setup_fls_binary");

    expect(await readFile(join(bench.root, "http", "fls"), "utf8")).toBe("a program");
  });

  it("says which key of a manifest nobody knows", async () => {
    await using bench = await openBench({ text: manifest.replace("bootcmd: booti 0x1", "bootcomand: booti 0x1") });
    await using served = await bench.start();
    await expect(served.client.setupBundle()).rejects.toThrow("bootcomand");
  });

  it("never leaves the bundle, neither by a path nor by a link", async () => {
    await using bench = await openBench({ text: manifest.replace("data/Image", "../secret") });
    await using served = await bench.start();
    await expect(served.client.setupBundle()).rejects.toMatchObject({ code: "invalid-argument" });

    await using other = await openBench();
    await rm(join(other.root, "bundle", "data", "Image"));
    await symlink("/etc/passwd", join(other.root, "bundle", "data", "Image"));
    await using linked = await other.start();
    await expect(linked.client.setupBundle()).rejects.toThrow("is a link that leads out of the bundle");
  });

  it("says which file a bundle lacks", async () => {
    await using bench = await openBench();
    await rm(join(bench.root, "bundle", "data", "initramfs"));
    await using served = await bench.start();
    await expect(served.client.setupBundle()).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("the bundle ./bundle has no file data/initramfs"),
    });
  });

  it("lets a client name bundles of registries, and no file of its own machine", async () => {
    await using bench = await openBench();
    await using served = await bench.start();
    for (const bundle of ["/etc", "../bundle", "file:///etc", "127.0.0.1:5000/boards/test"]) {
      await expect(served.client.setupBundle(bundle)).rejects.toMatchObject({ code: "permission-denied" });
    }
  });

  it("goes on with the bundle that it had when another one cannot be had", async () => {
    await using bench = await openBench();
    await using served = await bench.start();

    await expect(served.client.setupBundle("registry.invalid/boards/absent:v1")).rejects.toMatchObject({
      reason: "FLASHER_REGISTRY",
    });

    await served.client.setupBundle();
    expect(await bench.served()).toEqual(["Image", "initramfs", "plain.dtb"]);
  });

  it("refuses to start without the board's serial line", async () => {
    const { power } = createFakeUboot().children;
    const starting = serveDriver(baseFlasher, { definition: networkFlasher, children: { power } });
    await expect(starting).rejects.toMatchObject({ reason: "CHILD_MISSING" });
  });
});
