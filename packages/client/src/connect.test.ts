import { contract, defineDriver, unary } from "@jumpstarter-ts/core";
import { describe, expect, it, vi } from "vitest";

import { compositeLabel, registryOf, serveLoopback } from "../test/loopback-exporter.ts";
import { connect } from "./connect.ts";
import { deviceTree } from "./device-tree.ts";

const relayLabel = "acme_relay.client.RelayClient";
const relay = defineDriver({
  contract: contract({ name: "relay", label: relayLabel, methods: { close: unary() } }),
  client: (remote) => ({ close: () => remote.call("close") }),
});

describe("connect", () => {
  it("says in one sentence that nobody named an exporter", async () => {
    vi.stubEnv("JUMPSTARTER_HOST", undefined);
    try {
      await expect(connect()).rejects.toMatchObject({
        code: "invalid-argument",
        reason: "HOST_NOT_SET",
        message: expect.stringContaining("set JUMPSTARTER_HOST"),
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("says where it looked when nothing answers there", async () => {
    await expect(connect({ host: "/nowhere/exporter.sock" })).rejects.toMatchObject({
      code: "unavailable",
      reason: "EXPORTER_UNREACHABLE",
      message: expect.stringContaining("no exporter answers at /nowhere/exporter.sock"),
    });
  });

  it("finds the exporter by JUMPSTARTER_HOST", async () => {
    await using exporter = await serveLoopback({ relay: { label: relayLabel } });
    vi.stubEnv("JUMPSTARTER_HOST", exporter.host);
    try {
      await using session = await connect({ registry: registryOf() });
      expect(session.host).toBe(exporter.host);
      expect([...session.root.children.keys()]).toEqual(["relay"]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("does not ask for a definition that the allow list does not name", async () => {
    await using exporter = await serveLoopback({ relay: { label: relayLabel }, other: { label: "evil.client.X" } });
    const asked: string[] = [];
    const registry = {
      definition: async (label: string) => {
        asked.push(label);
        return label === relayLabel ? relay : undefined;
      },
    };
    await using session = await connect({ host: exporter.host, registry, allow: ["acme_*"] });
    expect(asked).toEqual([relayLabel]);
    expect(session.device("relay").definition).toBe(relay);
    expect(session.device("other").definition).toBeUndefined();
  });

  it("shows its passphrase to an exporter on TCP, and says when that is refused", async () => {
    await using exporter = await serveLoopback({}, { passphrase: "sesame" });
    const options = { host: exporter.host, insecure: true, registry: registryOf() };
    await using session = await connect({ ...options, passphrase: "sesame" });
    expect(session.root.children.size).toBe(0);
    await expect(connect({ ...options, passphrase: "wrong" })).rejects.toMatchObject({
      code: "permission-denied",
      reason: "PASSPHRASE_REFUSED",
    });
  });

  it("says how to reach an exporter that has no TLS", async () => {
    await using exporter = await serveLoopback({}, { passphrase: "sesame" });
    await expect(connect({ host: exporter.host, insecure: false })).rejects.toMatchObject({
      reason: "TLS_NOT_SPOKEN",
      message: expect.stringContaining("JMP_GRPC_INSECURE=1"),
    });
  });

  it("gives up when its signal says so", async () => {
    await expect(connect({ host: "/nowhere/exporter.sock", signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});

describe("the tree of devices", () => {
  it("keeps a proxied device at each of its places", async () => {
    const inner = { label: "x.Inner", unary: { where: () => "inner" } };
    const group = { label: compositeLabel, children: { inner } };
    await using exporter = await serveLoopback({ first: group, second: group, alias: inner });
    await using session = await connect({ host: exporter.host, registry: registryOf() });
    expect([...session.root.children.keys()]).toEqual(["first", "second", "alias"]);
    expect(session.device("second.inner").path).toBe("second.inner");
    await expect(session.device("alias").call("where")).resolves.toBe("inner");
  });

  it("answers a wrong name with the names that are there and the nearest one", async () => {
    await using exporter = await serveLoopback({ power: { label: "p" }, console: { label: "c" } });
    await using session = await connect({ host: exporter.host, registry: registryOf() });
    expect(() => session.device("consle")).toThrow(
      'the exporter has no device "consle": it has console, power; did you mean "console"?',
    );
  });

  it("never gives a test undefined for a device", async () => {
    await using exporter = await serveLoopback({
      grp: { label: compositeLabel, children: { relay: { label: relayLabel, unary: { close: () => null } } } },
    });
    await using session = await connect({ host: exporter.host, registry: registryOf(relay) });
    const tree = deviceTree(session.root) as { grp: { relay: { close(): Promise<void> }; missing: unknown } };
    await expect(tree.grp.relay.close()).resolves.toBeUndefined();
    expect(() => tree.grp.missing).toThrow('grp has no device "missing": it has relay');
    expect(Object.keys(tree)).toEqual(["grp"]);
    // Awaiting or printing a tree must not count as asking for a device.
    await expect(Promise.resolve(tree)).resolves.toBe(tree);
    expect(JSON.stringify(tree)).toContain("relay");
  });

  it("says what a device is when it is taken for another kind", async () => {
    await using exporter = await serveLoopback({ power: { label: "acme.client.Fan" } });
    await using session = await connect({ host: exporter.host, registry: registryOf() });
    expect(() => session.device("power").as(relay)).toThrow(
      `power is of the kind acme.client.Fan, not a relay (${relayLabel})`,
    );
  });

  it("tells each device's description and the help of its methods", async () => {
    await using exporter = await serveLoopback({
      power: { label: "p", description: "the rail", help: { on: "Switch on" } },
    });
    await using session = await connect({ host: exporter.host, registry: registryOf() });
    const power = session.device("power");
    expect(power.description).toBe("the rail");
    expect(power.methods.get("on")).toBe("Switch on");
  });
});
