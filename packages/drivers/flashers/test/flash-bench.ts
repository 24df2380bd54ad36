import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createScope, serve, silentLogger, type ServedDriver } from "@jumpstarter-ts/core";
import { http } from "@jumpstarter-ts/driver-http";
import { opendal } from "@jumpstarter-ts/driver-storage/opendal";
import { tftp } from "@jumpstarter-ts/driver-tftp";
import { uboot } from "@jumpstarter-ts/driver-uboot";
import { serveDriver } from "@jumpstarter-ts/testkit";

import { createFakeUboot, type FakeUboot } from "../../uboot/test/fake-uboot.ts";
import { networkFlasher } from "../src/client.ts";

const manifest = `
apiVersion: jumpstarter.dev/v1alpha1
kind: FlashBundleManifest
metadata: { name: test }
spec:
  manufacturer: Acme
  link: null
  bootcmd: booti 0x1 - 0x3
  login: { login_prompt: "login: ", username: root, prompt: "/ # " }
  default_target: emmc
  targets: { emmc: /dev/mmcblk0, usd: "/sys/class/block#4fb0000" }
  kernel: { file: data/Image, address: "0x1" }
  initram: { file: data/initramfs, address: "0x2" }
  preflash_commands: [ "efibootmgr -B" ]
`;

/** The shell that the board has once it is booted: every command succeeds but those that the test says. */
function busybox(ran: string[], codeOf: (command: string) => number) {
  let isLoggedIn = false;
  return (line: string): string => {
    if (!isLoggedIn) {
      isLoggedIn = true;
      return "\n/ # ";
    }
    const command = line.replace(`; echo "exit"-code=$?`, "");
    ran.push(command);
    const said = command.startsWith("ls -l /sys/class/block/")
      ? "lrwxrwxrwx 1 root root 0 Jan 1 00:00 mmcblk1 -> ../../devices/4fb0000.mmc/block/mmcblk1\n"
      : "";
    return `${said}exit-code=${codeOf(command)}\n/ # `;
  };
}

async function openStorage(root: string): Promise<ServedDriver> {
  const scope = { ...createScope("storage"), log: silentLogger, baseDirectory: root, children: {} };
  return opendal.open({ scheme: "fs", kwargs: { root } }, scope);
}

/** A flasher whose board has a U-Boot and a helper system that answer, and whose servers are directories. */
export async function openFlashBench({ codeOf = (_command: string): number => 0, cacert = "" } = {}) {
  const root = await mkdtemp(join(tmpdir(), "jumpstarter-flashers-"));
  const calls: unknown[] = [];
  const ran: string[] = [];
  const board: FakeUboot = createFakeUboot({
    env: { ipaddr: "192.0.2.7", gatewayip: "192.0.2.1" },
    command(line) {
      if (line === "dhcp" || line.startsWith("tftpboot ")) return { said: "done\n", code: 0 };
      if (!line.startsWith("booti ")) return undefined;
      board.boot("Starting kernel ...\n\nboard login: ", busybox(ran, codeOf));
      return { said: "", code: 0 };
    },
  });
  const note = (name: string) => (): void => void calls.push(name);
  const { power, serial } = board.children;
  const served = await serveDriver(
    serve(networkFlasher, {
      setup_flasher_bundle: (bundle) => void calls.push(["setup_flasher_bundle", bundle]),
      set_dtb: () => undefined,
      use_dtb_variant: (variant) => void calls.push(["use_dtb_variant", variant]),
      get_flasher_manifest_yaml: () => manifest,
      get_default_target: () => null,
      get_cacert: () => (cacert === "" ? null : cacert),
      get_kernel_filename: () => "Image",
      get_kernel_address: () => "0x1",
      get_initram_filename: () => "initramfs",
      get_initram_address: () => "0x2",
      get_dtb_filename: () => "",
      get_dtb_address: () => null,
      get_bootcmd: () => "booti 0x1 - 0x3",
    }),
    {
      definition: networkFlasher,
      children: {
        power,
        serial,
        uboot: serve(uboot, { get_prompt: () => "\n=>" }, { children: board.children }),
        tftp: serve(
          tftp,
          { start: note("tftp start"), stop: note("tftp stop"), get_host: () => "192.0.2.1", get_port: () => 69 },
          { children: { storage: await openStorage(root) } },
        ),
        http: serve(
          http,
          {
            start: note("http start"),
            stop: note("http stop"),
            get_url: () => "http://192.0.2.1:80",
            get_host: () => "192.0.2.1",
            get_port: () => 80,
          },
          { children: { storage: await openStorage(root) } },
        ),
      },
    },
  );
  return {
    client: served.client,
    device: served.device,
    calls,
    ran,
    board,
    root,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(root, { recursive: true });
    },
  };
}
