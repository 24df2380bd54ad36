import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

import { JumpstarterError, serve, type DriverMethods } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { mockStorageMux, mockStorageMuxFlasher } from "./mock-storage-mux.ts";
import { storageMux, storageMuxFlasher } from "./storage-mux-client.ts";
import type { storageMuxContract } from "./storage-mux-contract.ts";

const broken = (what: string): JumpstarterError =>
  new JumpstarterError(`the ${what} is broken`, { code: "unavailable", reason: "BROKEN" });

/** A mux that notes what is done to it, with what the test wants to be otherwise. */
async function serveNoted(otherwise: Partial<DriverMethods<typeof storageMuxContract>> = {}) {
  const calls: string[] = [];
  let content = Buffer.alloc(0);
  const methods: DriverMethods<typeof storageMuxContract> = {
    host: () => undefined,
    dut: () => undefined,
    off: () => undefined,
    write: async (image) => void (content = await buffer(image)),
    read: (to) => pipeline(Readable.from([content]), to),
    ...otherwise,
  };
  const noted = Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      (...args: unknown[]): unknown => {
        calls.push(name);
        return Reflect.apply(method, undefined, args);
      },
    ]),
  );
  const served = await serveDriver(
    // The same functions, each with a note before it.
    serve(storageMuxFlasher, noted as unknown as typeof methods),
    { definition: storageMuxFlasher },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("a storage mux", () => {
  it("switches, and carries files in and out", async () => {
    const log: string[] = [];
    await using served = await serveDriver(mockStorageMux, {
      definition: storageMux,
      log: ({ message }) => log.push(message),
    });
    const directory = await mkdtemp(join(tmpdir(), "jmp-mux-test-"));
    await using _cleaning = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
    await writeFile(join(directory, "in"), "an image");

    await served.client.host();
    await served.client.writeLocalFile(join(directory, "in"));
    await served.client.readLocalFile(join(directory, "out"));
    await served.client.dut();
    await served.client.off();

    expect(await readFile(join(directory, "out"), "utf8")).toBe("an image");
    expect(log.filter((line) => line.startsWith("storage "))).toEqual([
      "storage connected to the host",
      "storage connected to the device under test",
      "storage disconnected",
    ]);
  });

  it("is empty before anything was written", async () => {
    await using served = await serveDriver(mockStorageMuxFlasher, { definition: storageMuxFlasher });
    const to = new PassThrough();
    const [bytes] = await Promise.all([buffer(to), served.client.read(to)]);
    expect(bytes).toHaveLength(0);
  });
});

describe("a storage mux as a flasher", () => {
  it("flashes: to the host, write, read back, and to the device", async () => {
    await using served = await serveNoted();
    expect(await served.client.flash(Buffer.from("image"), { verify: "hash" })).toMatchObject({ isVerified: true });
    expect(served.calls).toEqual(["host", "write", "read", "dut"]);
  });

  it("leaves the storage where it is when nothing changed", async () => {
    await using served = await serveNoted();
    await served.client.flash(Buffer.from("image"), { onlyIfChanged: true });
    await served.client.flash(Buffer.from("image"), { onlyIfChanged: true });
    expect(served.calls).toEqual(["host", "write", "dut"]);
  });

  it("dumps: to the host, read, and to the device", async () => {
    await using served = await serveNoted();
    await served.client.flash(Buffer.from("image"));
    const to = new PassThrough();
    const [bytes] = await Promise.all([buffer(to), served.client.dump(to)]);
    expect(String(bytes)).toBe("image");
    expect(served.calls.slice(3)).toEqual(["host", "read", "dut"]);
  });

  it.each(["host", "write", "read"] as const)("gives the storage back when %s fails", async (name) => {
    await using served = await serveNoted({
      [name]: () => {
        throw broken(name);
      },
    });
    const failure = served.client.flash(Buffer.from("image"), { verify: "hash" });
    await expect(failure).rejects.toMatchObject({ reason: "BROKEN" });
    expect(served.calls.at(-1)).toBe("dut");
  });

  it("gives the storage back when the flash is cancelled", async () => {
    await using served = await serveNoted({
      write: async (image, { signal }) => pipeline(image, new PassThrough(), { signal }),
    });
    const operation = served.client.flash(Buffer.alloc(5_000_000));
    for await (const { phase } of operation) if (phase === "writing") break;
    operation.cancel();
    await expect(operation).rejects.toMatchObject({ code: "cancelled" });
    expect(served.calls.at(-1)).toBe("dut");
  });

  it("tells both, what failed and that the storage is stuck", async () => {
    await using served = await serveNoted({
      write() {
        throw broken("card");
      },
      dut() {
        throw broken("switch");
      },
    });
    await expect(served.client.flash(Buffer.from("image"))).rejects.toMatchObject({
      reason: "MUX_STUCK",
      message: expect.stringMatching(/the card is broken.*the switch is broken/),
    });
  });

  it("tells that the storage is stuck also to who has cancelled", async () => {
    await using served = await serveNoted({
      write: async (image, { signal }) => pipeline(image, new PassThrough(), { signal }),
      dut() {
        throw broken("switch");
      },
    });
    const operation = served.client.flash(Buffer.alloc(5_000_000));
    for await (const { phase } of operation) if (phase === "writing") break;
    operation.cancel();
    await expect(operation).rejects.toMatchObject({ code: "failed-precondition", reason: "MUX_STUCK" });
  });

  it("fails when only the way back fails", async () => {
    await using served = await serveNoted({
      dut() {
        throw broken("switch");
      },
    });
    await expect(served.client.flash(Buffer.from("image"))).rejects.toMatchObject({ reason: "BROKEN" });
  });
});
