/**
 * An exporter in a process of its own, for a test that kills it: switches a board on and stays. Its argument is a name;
 * with another one, it flashes the board and leaves it off.
 * It takes the driver as it is published: what is in the sources not every Node reads.
 */
import { qemu } from "@jumpstarter-ts/driver-qemu";
import { virtualMachine } from "@jumpstarter-ts/driver-qemu/driver";
import { serveDriver } from "@jumpstarter-ts/testkit";

const bios = "/usr/lib/u-boot/qemu_arm64/u-boot.bin";
const args = ["-name", process.argv[2] ?? ""];
const board = await serveDriver(virtualMachine, {
  definition: qemu,
  options: { arch: "aarch64", cpu: "cortex-a53", smp: 1, mem: "256M", default_partitions: { bios }, args },
  recordConsoles: true,
});
if (process.argv[3] === "flash") await board.client.flasher.flash(Buffer.alloc(1024 ** 2));
else {
  await board.client.power.on();
  await board.client.console.waitFor("Hit any key", { signal: AbortSignal.timeout(30_000) });
}
process.stdout.write("ready\n");
setInterval(() => undefined, 60_000);
