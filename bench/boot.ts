/**
 * What a test waits for at a board beyond the board's own time: power-on to U-Boot's prompt and to a login, as a client
 * sees it through our `qemu` driver, against QEMU alone with the same machine, in turns. And what a fresh booted board
 * costs where it comes from a snapshot.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";

import type { QemuClient } from "@jumpstarter-ts/driver-qemu";

import { linuxMachine, openBench } from "../e2e/boards/linux-machine.ts";
import { linuxBoard, type LinuxBoard } from "../fixtures/boards/linux/index.ts";
import { type Figure, median, printFigures } from "./figure.ts";

const rounds = 7;
const patience = { timeout: "60s" } as const;

interface Goal {
  readonly name: string;
  readonly from: "u-boot" | "memory";
  /** What QEMU alone is started with, for the same machine. */
  readonly start: readonly string[];
  readonly interrupt?: string;
  readonly sign: string;
}

export async function benchBoot(): Promise<Figure[]> {
  const board = await linuxBoard();
  const { uboot, kernel, initrd, commandLine } = board;
  const goals: readonly Goal[] = [
    { name: "U-Boot prompt", from: "u-boot", start: ["-bios", uboot], interrupt: "Hit any key", sign: "=> " },
    {
      name: "login",
      from: "memory",
      start: ["-kernel", kernel, "-initrd", initrd, "-append", commandLine],
      sign: "login: ",
    },
  ];
  const figures: Figure[] = [];
  for (const goal of goals) figures.push(...(await compare(board, goal)));
  return [...figures, ...(await benchSnapshots(board))];
}

async function compare(board: LinuxBoard, goal: Goal): Promise<Figure[]> {
  const times = { ours: [] as number[], bare: [] as number[] };
  await using bench = await openBench({ board: linuxMachine(board, { from: goal.from }) });
  const machine = bench.machine("board");
  for (let round = 0; round <= rounds; round += 1) {
    const ours = await bootMs(machine, goal);
    const bare = await bareMs(goal);
    if (round === 0) continue; // The first round fills the page cache.
    times.ours.push(ours);
    times.bare.push(bare);
  }
  const overhead = median(times.ours.map((ours, round) => ours - (times.bare[round] ?? Number.NaN)));
  return [
    { name: `power-on to ${goal.name}, seen by a test`, value: median(times.ours), unit: "ms" },
    { name: `power-on to ${goal.name}, QEMU alone`, value: median(times.bare), unit: "ms" },
    { name: `power-on to ${goal.name}, the difference`, value: overhead, unit: "ms" },
  ];
}

async function bootMs({ power, console }: QemuClient, { interrupt, sign }: Goal): Promise<number> {
  const started = performance.now();
  const since = console.mark();
  await power.on();
  if (interrupt !== undefined) {
    await console.waitFor(interrupt, { ...patience, since });
    await console.send(" ");
  }
  await console.waitFor(sign, { ...patience, since });
  const ms = performance.now() - started;
  await power.off();
  return ms;
}

/** The machine of our driver's command line, with its UART on standard output. */
async function bareMs({ start, interrupt, sign }: Goal): Promise<number> {
  const machine = ["-nodefaults", "-display", "none", "-M", "virt", "-accel", "tcg", "-cpu", "cortex-a53"];
  const devices = ["-netdev", "user,id=eth0", "-device", "virtio-net-pci,netdev=eth0,romfile="];
  const args = [...machine, "-smp", "1", "-m", "256M", "-serial", "stdio", ...devices, "-device", "virtio-gpu-pci"];
  const started = performance.now();
  const qemu = spawn("qemu-system-aarch64", [...args, ...start], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(qemu, "exit");
  try {
    let text = "";
    let isInterrupted = interrupt === undefined;
    for await (const chunk of qemu.stdout) {
      text += String(chunk);
      if (!isInterrupted && text.includes(interrupt ?? "")) isInterrupted = qemu.stdin.write(" ") || true;
      if (isInterrupted && text.includes(sign)) return performance.now() - started;
    }
    throw new Error(`QEMU ended before it showed ${JSON.stringify(sign)}: ${text.slice(-300)}`);
  } finally {
    qemu.kill("SIGKILL");
    await ended;
  }
}

async function benchSnapshots(board: LinuxBoard): Promise<Figure[]> {
  await using bench = await openBench({ board: linuxMachine(board) });
  const machine = bench.machine("board");
  const { power, console } = machine;
  await power.on();
  const shell = await console.shell({ login: { user: "root" }, ...patience });
  await shell`true`;
  const times = { save: [] as number[], running: [] as number[], off: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    times.save.push(await timed(() => machine.saveSnapshot("booted")));
    times.running.push(await freshMs(machine));
    await power.off();
    times.off.push(await freshMs(machine));
  }
  return [
    { name: "save a snapshot of the booted machine", value: median(times.save), unit: "ms" },
    {
      name: "a fresh booted board, until a command's answer",
      value: median(times.running),
      unit: "ms",
      goal: "≤ 1000",
    },
    { name: "the same, from a machine that is off", value: median(times.off), unit: "ms", goal: "≤ 1000" },
  ];
}

/** Back to the snapshot, and until the shell there has answered. */
async function freshMs(machine: QemuClient): Promise<number> {
  return timed(async () => {
    const since = machine.console.mark();
    await machine.loadSnapshot("booted");
    await machine.console.sendLine("echo fre''sh");
    await machine.console.waitFor("fresh", { ...patience, since });
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

if (import.meta.main) printFigures("Boot", await benchBoot());
