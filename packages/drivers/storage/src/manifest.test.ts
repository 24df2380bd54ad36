import { createDriverRegistry } from "@jumpstarter-ts/config";
import { describe, expect, it } from "vitest";

import { flasherContract } from "./flasher-contract.ts";
import { storageContract } from "./storage-contract.ts";
import { storageMuxContract, storageMuxFlasherContract } from "./storage-mux-contract.ts";

const contracts = [storageContract, flasherContract, storageMuxContract, storageMuxFlasherContract];
const registry = createDriverRegistry({ from: import.meta.dirname });

describe("the manifest of this package", () => {
  it.each(contracts.flatMap(({ label, otherLabels }) => [label, ...otherLabels].map((each) => [each, label] as const)))(
    "finds the client of %s",
    async (label, expected) => {
      expect((await registry.definition(label))?.contract.label).toBe(expected);
    },
  );

  it.each(contracts.flatMap(({ types, label }) => types.map((type) => [type, label] as const)))(
    "finds the implementation of %s",
    async (type, label) => {
      expect((await registry.implementation(type)).contract.label).toBe(label);
    },
  );

  it("finds the implementations by short names too", async () => {
    for (const name of ["opendal", "mock-flasher", "mock-storage-mux", "mock-storage-mux-flasher"]) {
      const { contract } = await registry.implementation(`@jumpstarter-ts/driver-storage#${name}`);
      expect(contracts.map(({ label }) => label)).toContain(contract.label);
    }
  });
});
