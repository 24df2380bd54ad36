import { isJumpstarterError, messageOf } from "@jumpstarter-ts/core";

import type { TrackedStates } from "../worker/lease.ts";
import type { SnapshotDevice, StateDefinition } from "./define-states.ts";

export interface StateSnapshotsOptions<Device> {
  readonly family: string;
  readonly device: Device;
  readonly tracked: Pick<TrackedStates, "snapshots">;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/** The snapshots of a device's states, as far as it keeps any. */
export interface StateSnapshots<Device> {
  has(name: string): boolean;
  /** Keeps the state that the device has just reached, once. */
  keep(name: string, definition: StateDefinition<Device, string, unknown>): Promise<void>;
  /** Goes back to a state, and makes sure of it; false when that did not work, and the snapshot is given up. */
  restore(
    name: string,
    definition: StateDefinition<Device, string, unknown>,
    attach: () => Promise<void>,
  ): Promise<boolean>;
}

export function createStateSnapshots<Device>(options: StateSnapshotsOptions<Device>): StateSnapshots<Device> {
  const { family, device, tracked, signal, note } = options;
  const snapshotName = (name: string): string => `jmp-${family}-${name.replaceAll(/[^\w.-]/g, "-")}`;

  return {
    has: (name) => tracked.snapshots.has(snapshotName(name)),
    async keep(name, definition) {
      const keeper = keeperOf(definition, device);
      if (keeper === undefined || tracked.snapshots.has(snapshotName(name))) return;
      try {
        await keeper.saveSnapshot(snapshotName(name), { signal });
        tracked.snapshots.add(snapshotName(name));
      } catch (error) {
        if (signal.aborted) throw error;
        // The device is where it should be; without a snapshot it only takes longer to get back here.
        if (!isUnsupported(error)) note(`no snapshot of state ${name}: ${messageOf(error)}`);
      }
    },
    async restore(name, definition, attach) {
      try {
        await keeperOf(definition, device)?.loadSnapshot(snapshotName(name), { signal });
        await attach();
        return true;
      } catch (error) {
        if (signal.aborted) throw error;
        note(`the snapshot of state ${name} is given up: ${messageOf(error)}`);
        tracked.snapshots.delete(snapshotName(name));
        return false;
      }
    },
  };
}

function keeperOf<Device>(
  { snapshot }: StateDefinition<Device, string, unknown>,
  device: Device,
): SnapshotDevice | undefined {
  const keeper = snapshot?.(device);
  if (keeper === undefined || !("saveSnapshot" in keeper) || !("loadSnapshot" in keeper)) return undefined;
  // It has both methods, which is what makes it one.
  return keeper as SnapshotDevice;
}

/** A Python exporter's driver, or another one, has no such method. */
function isUnsupported(error: unknown): boolean {
  return isJumpstarterError(error) && error.code === "unsupported";
}
