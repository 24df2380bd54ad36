import { isJumpstarterError, JumpstarterError, messageOf, within, type CallContext } from "@jumpstarter-ts/core";

import { blockNode, nodes } from "./command-line.ts";
import type { Machine, RunningMachine } from "./machine.ts";
import type { QmpMessage } from "./qmp-frames.ts";
import { recordOf, type Qmp, type QmpLimits } from "./qmp.ts";

/** A whole machine, as it was: memory, processors, devices and disks. It is gone when the session ends. */
export interface SnapshotEntry {
  readonly name: string;
  /** ISO 8601, by the exporter's clock. */
  readonly savedAt: string;
  readonly memoryBytes: number;
}

export interface Snapshots {
  /** Takes the place of one of the same name. */
  save(name: string, context: CallContext): Promise<void>;
  /** Continues from there, whether the machine is on or off. */
  load(name: string, context: CallContext): Promise<void>;
  delete(name: string, context: CallContext): Promise<void>;
  list(): SnapshotEntry[];
  /** What they were taken of is no more. */
  forget(): void;
}

const jobTimeoutMs = 120_000;

export function createSnapshots(machine: Machine): Snapshots {
  const saved = new Map<string, SnapshotEntry>();
  /** What the disks may hold: also what was half saved, deleted while there was no machine to do it, or forgotten. */
  const inFile = new Set<string>();
  const withState = new WeakSet<RunningMachine>();

  /** Gives a machine the image that holds the memory of its snapshots. It needs none before the first one. */
  const attachState = async (running: RunningMachine, signal: AbortSignal): Promise<void> => {
    if (withState.has(running)) return;
    const path = await machine.disks.stateImage(signal);
    const cache = { direct: false, "no-flush": true };
    await running.qmp.execute("blockdev-add", blockNode(nodes.state, "qcow2", path, { cache }), { signal });
    // A restored machine has not moved. Told that it has, Linux 6.12 can hang as it takes its network card down.
    await running.qmp.execute("migrate-set-parameters", { "announce-rounds": 0 }, { signal });
    withState.add(running);
  };
  const job = async (command: string, name: string, running: RunningMachine, signal: AbortSignal): Promise<void> => {
    await attachState(running, signal);
    const target = { tag: name, devices: [nodes.state, ...disksOf(running)] };
    const more = command === "snapshot-delete" ? {} : { vmstate: nodes.state };
    await runJob(running.qmp, command, { ...target, ...more }, { signal, timeoutMs: jobTimeoutMs });
  };
  const known = (name: string): SnapshotEntry => {
    const entry = saved.get(name);
    if (entry !== undefined) return entry;
    const names = [...saved.keys()];
    throw new JumpstarterError(
      `the machine has no snapshot ${name}: it has ${names.length === 0 ? "none" : names.join(", ")}`,
      { code: "not-found", reason: "QEMU_SNAPSHOT_MISSING" },
    );
  };
  /** On a machine that is off, on one that was started only for it. */
  const withMachine = async (
    entry: SnapshotEntry,
    signal: AbortSignal,
    work: (running: RunningMachine) => Promise<void>,
  ): Promise<void> => {
    const current = await machine.alive();
    if (current !== undefined && current.memoryBytes === entry.memoryBytes) {
      try {
        return await work(current);
      } catch (error) {
        // A guest that was just switching itself off, say, has taken its machine along.
        if (!isJumpstarterError(error) || error.reason !== "QMP_CLOSED") throw error;
      }
    }
    await machine.stop();
    await work(await machine.start(signal, entry.memoryBytes));
  };

  return {
    save: (name, { signal }) =>
      machine.inTurn(async () => {
        const running = machine.needRunning(`the snapshot ${name}`);
        saved.delete(name);
        if (inFile.has(name)) await job("snapshot-delete", name, running, signal);
        inFile.add(name);
        await job("snapshot-save", name, running, signal);
        saved.set(name, { name, savedAt: new Date().toISOString(), memoryBytes: running.memoryBytes });
      }),
    load: (name, { signal }) =>
      machine.inTurn(() =>
        withMachine(known(name), signal, async (running) => {
          try {
            // What the machine says from now on comes after the snapshot.
            await running.qmp.execute("stop", undefined, { signal });
            await job("snapshot-load", name, running, signal);
            await running.qmp.execute("cont", undefined, { signal });
          } catch (error) {
            // Half of one machine and half of another must not go on.
            await machine.stop();
            throw error;
          }
        }),
      ),
    delete: (name, { signal }) =>
      machine.inTurn(async () => {
        known(name);
        const running = machine.running();
        saved.delete(name);
        if (running === undefined) return;
        await job("snapshot-delete", name, running, signal);
        inFile.delete(name);
      }),
    list: () => [...saved.values()],
    forget: () => saved.clear(),
  };
}

function disksOf({ hasRoot, hasVariables }: RunningMachine): string[] {
  return [...(hasRoot ? [nodes.root] : []), ...(hasVariables ? [nodes.variables] : [])];
}

let jobs = 0;

/** Runs one of QEMU's jobs to its end. Throws `failed-precondition` (`QEMU_SNAPSHOT_FAILED`) with what it said. */
async function runJob(qmp: Qmp, command: string, args: QmpMessage, limits: QmpLimits): Promise<void> {
  const id = `jumpstarter-${++jobs}`;
  const concluded = Promise.withResolvers<void>();
  const forget = qmp.listen(({ event, data }) => {
    if (event === "JOB_STATUS_CHANGE" && data["id"] === id && data["status"] === "concluded") concluded.resolve();
  });
  try {
    await qmp.execute(command, { "job-id": id, ...args }, limits);
    await within(concluded.promise, { what: `QEMU's ${command}`, ...limits });
    const all = await qmp.execute("query-jobs", undefined, limits);
    const error = (Array.isArray(all) ? all.map(recordOf) : []).find((each) => each["id"] === id)?.["error"];
    await qmp.execute("job-dismiss", { id }, limits);
    if (typeof error === "string") {
      throw new JumpstarterError(`QEMU's ${command} of ${messageOf(args["tag"])} failed: ${error}`, {
        code: "failed-precondition",
        reason: "QEMU_SNAPSHOT_FAILED",
      });
    }
  } finally {
    forget();
  }
}
