import { existsSync, statSync } from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { dirname } from "node:path";

import { describe, expect, it } from "vitest";

import { connect, openBench } from "../test/bench.ts";
import { createProbe } from "../test/probe.ts";

const yaml = "export: { probe: { type: probe } }";

describe("an exporter", () => {
  it("listens on a socket in a private directory, and removes both", async () => {
    const bench = await openBench({ yaml, drivers: { probe: createProbe().implementation } });
    const { host } = bench.exporter;
    const directory = dirname(host);

    expect(directory).toMatch(/\/jumpstarter-\w+$/);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(await bench.call("probe", "echo", 1)).toBe(1);

    await bench[Symbol.asyncDispose]();
    expect(existsSync(directory)).toBe(false);
  });

  it("listens on TCP, for those who know the passphrase", async () => {
    await using bench = await openBench({
      yaml,
      drivers: { probe: createProbe().implementation },
      listen: { host: "127.0.0.1", port: 0, insecure: true, passphrase: "open sesame" },
    });
    await using friend = connect(bench.exporter.host, { passphrase: "open sesame" });

    expect(bench.exporter.host).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await friend.call("probe", "echo", 1)).toBe(1);
    await expect(bench.report()).rejects.toMatchObject({ code: "permission-denied" });
  });

  it("closes twice as once", async () => {
    const probe = createProbe();
    await using bench = await openBench({ yaml, drivers: { probe: probe.implementation } });

    const [first, second] = await Promise.all([bench.exporter.close(), bench.exporter.close()]);

    expect(first).toEqual([]);
    expect(second).toBe(first);
    expect(probe.events).toEqual(["driver closed"]);
  });

  it("whose port is taken says so, and leaves nothing open", async () => {
    const probe = createProbe();
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    // Listening on TCP gives an AddressInfo.
    const { port } = other.address() as AddressInfo;
    try {
      await expect(
        openBench({
          yaml,
          drivers: { probe: probe.implementation },
          listen: { host: "127.0.0.1", port, insecure: true },
        }),
      ).rejects.toMatchObject({
        message: `port ${port} of 127.0.0.1 is in use: stop what listens there, or choose another port`,
        reason: "PORT_IN_USE",
      });
      expect(probe.open).toEqual(new Set());
    } finally {
      other.close();
    }
  });

  it("whose socket path is taken says so, and leaves nothing open", async () => {
    const probe = createProbe();
    await using first = await openBench({ yaml, drivers: { probe: createProbe().implementation } });

    await expect(
      openBench({ yaml, drivers: { probe: probe.implementation }, listen: { unix: first.exporter.host } }),
    ).rejects.toMatchObject({ code: "failed-precondition", reason: "SOCKET_IN_USE" });
    expect(probe.open).toEqual(new Set());
    expect(await first.call("probe", "echo", 1)).toBe(1);
  });

  it("with a driver that cannot be closed closes the others, and tells", async () => {
    const probe = createProbe();
    await using bench = await openBench({
      yaml: "export: { probe: { type: probe }, stuck: { type: stuck } }",
      drivers: {
        probe: probe.implementation,
        stuck: {
          ...createProbe().implementation,
          async open(options, scope) {
            scope.defer(() => Promise.reject(new Error("the relay is welded")), { what: "open the relay" });
            return createProbe().implementation.open(options, scope);
          },
        },
      },
    });

    const failures = await bench.exporter.close();

    expect(failures.map(({ message }) => message)).toEqual(["bench/stuck: open the relay failed: the relay is welded"]);
    expect(probe.open).toEqual(new Set());
  });
});
