import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createStreamPair, JumpstarterError, serve } from "@jumpstarter-ts/core";
import { serial } from "@jumpstarter-ts/driver-serial";
import { opendal } from "@jumpstarter-ts/driver-storage/opendal";
import { serveDriver } from "@jumpstarter-ts/testkit";

import { rideSx } from "../src/client.ts";
import { rideSxPower } from "../src/power.ts";

export interface OpenBoardOptions {
  /** Undefined for a board that does not come into fastboot. */
  readonly device?: string | undefined;
  /** What the flash tool ends with. */
  readonly status?: string;
  /** Why fastboot cannot write. */
  readonly flashFails?: string;
  readonly powerFails?: string;
}

/** A board whose drivers keep what they were asked, with a real storage, and a directory for images. */
export async function openBoard(options: OpenBoardOptions = {}) {
  const { device, status = "success", flashFails, powerFails } = { device: "ABC123", ...options };
  const calls: unknown[] = [];
  const failIf = (why: string | undefined): void => {
    if (why !== undefined) throw new JumpstarterError(why, { code: "internal", reason: "BOARD_FAILED" });
  };
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-ridesx-"));
  const powerDriver = serve(
    rideSxPower,
    {
      on: () => void calls.push(["power.on"]),
      off() {
        calls.push(["power.off"]);
        failIf(powerFails);
      },
      cycle: () => undefined,
    },
    { children: { serial: port() } },
  );
  const served = await serveDriver(
    serve(rideSx, {
      boot_to_fastboot: () => void calls.push(["boot_to_fastboot"]),
      detect_fastboot_device(attempts, delay) {
        calls.push(["detect_fastboot_device", attempts, delay]);
        return device === undefined
          ? { status: "no_device_found", device_id: null }
          : { status: "device_found", device_id: device };
      },
      flash_with_fastboot(id, partitions) {
        calls.push(["flash_with_fastboot", id, partitions]);
        failIf(flashFails);
      },
      flash_oci_image(...args) {
        calls.push(["flash_oci_image", ...args.slice(0, 4)]);
        return { status, output: "written" };
      },
      erase_partition(id, partition) {
        calls.push(["erase_partition", id, partition]);
        return { status, partition, output: "erased" };
      },
    }),
    {
      definition: rideSx,
      children: {
        serial: port(),
        power: powerDriver,
        storage: { implementation: opendal, options: { scheme: "fs", kwargs: { root: directory } } },
      },
    },
  );
  return {
    client: served.client,
    calls,
    /** What the exporter's storage holds under a name. */
    stored: (name: string) => readFile(join(directory, name), "utf8"),
    /** A file on the test's side. */
    async image(name: string, content: string) {
      const path = join(await mkdtemp(join(directory, "ours-")), name);
      await writeFile(path, content);
      return path;
    },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function port() {
  return serve(serial, { connect: () => createStreamPair().near });
}
