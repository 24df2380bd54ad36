import { createReadStream } from "node:fs";

import { JumpstarterError, type CallContext, type DriverMethods, type ServedDriver } from "@jumpstarter-ts/core";
import { storageContract } from "@jumpstarter-ts/driver-storage";

/** Puts files of this machine among those that a server (TFTP, HTTP) serves; what is there already stays. */
export function createFilePlacer(server: ServedDriver, what: string) {
  const placed = new Map<string, string>();

  return async function place(source: string, name: string, context: CallContext): Promise<void> {
    const storage = storageOf(server, what);
    if (placed.get(name) === source && (await storage.exists(name, context))) return;
    const file = await storage.open(name, "wb", context);
    try {
      await storage.file_write(file, createReadStream(source), context);
    } finally {
      await storage.file_close(file, context);
    }
    placed.set(name, source);
  };
}

function storageOf(server: ServedDriver, what: string): DriverMethods<typeof storageContract> {
  const storage = server.children["storage"];
  if (storage?.contract.label !== storageContract.label) {
    throw new JumpstarterError(`the child ${what} of the flasher has no storage: give it one of the types for it`, {
      code: "failed-precondition",
      reason: "CHILD_MISSING",
    });
  }
  // A driver of this contract has the methods of this contract.
  return storage.methods as unknown as DriverMethods<typeof storageContract>;
}
