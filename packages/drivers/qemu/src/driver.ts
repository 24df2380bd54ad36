import { join } from "node:path";

import {
  implement,
  JumpstarterError,
  openChild,
  serve,
  type DriverScope,
  type ServedDriver,
} from "@jumpstarter-ts/core";
import { unixNetwork } from "@jumpstarter-ts/driver-network/unix";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";

import { qemu } from "./client.ts";
import { qemuFlasherOf } from "./flasher.ts";
import { forwardOf } from "./forward.ts";
import { openMachine, type Machine } from "./machine.ts";
import { sendCommand, takeScreen } from "./monitor.ts";
import { qemuOptions } from "./options.ts";
import { parseMemory, parseSize } from "./size.ts";
import { createSnapshots } from "./snapshots.ts";

/** A virtual machine: off until it is switched on, and gone with everything it has written when the session ends. */
export const virtualMachine = implement(qemu, qemuOptions, async (options, scope) => {
  const machine = await openMachine(options, scope);
  const snapshots = createSnapshots(machine);
  const forwards = Object.entries(options.hostfwd).map(
    ([name, forward]) => [name, forwardOf(name, forward, machine, scope)] as const,
  );
  const children = {
    ...scope.children,
    power: powerOf(machine, scope),
    flasher: qemuFlasherOf(machine, { options, scope, snapshots }),
    console: consoleOf(machine),
    vnc: await openChild(scope, "vnc", unixNetwork, { options: { path: join(machine.directory, "vnc") } }),
    ...Object.fromEntries(forwards),
  };
  const explained = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw await machine.explained(error);
    }
  };
  return serve(
    qemu,
    {
      get_hostname: () => options.hostname,
      get_username: () => options.username,
      get_password: () => options.password,
      set_disk_size(size) {
        parseSize(size);
        machine.sizes.disk = size;
      },
      set_memory_size(size) {
        parseMemory(size);
        machine.sizes.memory = size;
      },
      save_snapshot: (name, context) => explained(snapshots.save(name, context)),
      load_snapshot: (name, context) => explained(snapshots.load(name, context)),
      delete_snapshot: (name, context) => explained(snapshots.delete(name, context)),
      list_snapshots: () => snapshots.list(),
      async qmp(command, args, { signal }) {
        const limits = { allowed: options.qmp, signal };
        const answer = await explained(sendCommand(machine, command, args ?? undefined, limits));
        // QMP speaks JSON.
        return answer as null;
      },
      screendump: async ({ signal }) => (await explained(takeScreen(machine, signal))).toString("base64"),
    },
    { children },
  );
});

function powerOf(machine: Machine, scope: DriverScope): ServedDriver {
  return serve(power, {
    on: ({ signal }) =>
      machine.inTurn(async () => {
        if ((await machine.alive()) !== undefined) return scope.log.warning("the machine is on already");
        const { qmp } = await machine.start(signal);
        try {
          await qmp.execute("cont", undefined, { signal });
        } catch (error) {
          // Or it would be taken for one that is on.
          await machine.stop();
          throw error;
        }
      }),
    off: () => machine.inTurn(machine.stop),
    // eslint-disable-next-line require-yield -- It has nothing to measure.
    async *read() {
      throw new JumpstarterError(`${scope.name} cannot measure: a virtual machine draws no current`, {
        code: "unsupported",
        reason: "POWER_CANNOT_MEASURE",
      });
    },
  });
}

function consoleOf(machine: Machine): ServedDriver {
  return serve(serial, {
    connect({ signal }) {
      const failure = machine.failure();
      if (failure !== undefined) throw failure;
      return machine.console.open(signal);
    },
    close: () => machine.console.close(),
  });
}
