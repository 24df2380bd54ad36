import { serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { dutNetwork } from "./client.ts";

const mac = "02:00:00:00:00:01";
const lease = { mac, ip: "192.168.100.10", hostname: "board", expiry: 1_795_251_427 };

/** A segment that answers as Python's driver does, and notes what it was asked. */
async function openSegment() {
  const calls: unknown[] = [];
  const note =
    (method: string) =>
    (...args: unknown[]): void =>
      void calls.push([method, ...args.slice(0, -1)]);
  const left = Promise.withResolvers<void>();
  const served = await serveDriver(
    serve(dutNetwork, {
      status: () => ({
        interface_status: { name: "dut0", exists: true, addresses: ["192.168.100.1/24"] },
        interface: "dut0",
        upstream: null,
        subnet: "192.168.100.0/24",
        nat_mode: "masquerade",
        dhcp_enabled: true,
        leases: [lease],
        dns_entries: [],
        nat_rules: "table ip jumpstarter_dut0 {}",
      }),
      ntp_status: () => ({ enabled: true, running: false }),
      get_dut_ip: (asked) => (asked === mac ? lease.ip : null),
      get_leases: () => [lease, { ...lease, hostname: "" }],
      add_address: note("add_address"),
      remove_address: note("remove_address"),
      get_nat_rules: () => "table ip jumpstarter_dut0 {}",
      get_dns_entries: () => [{ hostname: "x.lab", ip: "192.168.100.1" }],
      add_dns_entry: note("add_dns_entry"),
      remove_dns_entry: note("remove_dns_entry"),
      async *tcpdump(args, { signal }) {
        calls.push(["tcpdump", args]);
        signal.addEventListener("abort", () => left.resolve());
        for (let packet = 1; !signal.aborted; packet++) {
          yield `packet ${packet}`;
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
    }),
    { definition: dutNetwork },
  );
  return {
    client: served.client,
    calls,
    left: left.promise,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

describe("the network of a device", () => {
  it("tells how it is", async () => {
    await using segment = await openSegment();
    await expect(segment.client.status()).resolves.toEqual({
      interfaceStatus: { name: "dut0", exists: true, addresses: ["192.168.100.1/24"] },
      interface: "dut0",
      upstream: undefined,
      subnet: "192.168.100.0/24",
      natMode: "masquerade",
      isDhcpEnabled: true,
      leases: [{ mac, ip: "192.168.100.10", hostname: "board", expiryS: 1_795_251_427 }],
      dnsEntries: [],
      natRules: "table ip jumpstarter_dut0 {}",
    });
    await expect(segment.client.ntpStatus()).resolves.toEqual({ enabled: true, running: false });
    await expect(segment.client.natRules()).resolves.toContain("jumpstarter_dut0");
  });

  it("tells who has which address", async () => {
    await using segment = await openSegment();
    await expect(segment.client.ipOf(mac)).resolves.toBe("192.168.100.10");
    await expect(segment.client.ipOf("02:00:00:00:00:99")).resolves.toBeUndefined();
    await expect(segment.client.leases()).resolves.toMatchObject([{ hostname: "board" }, { hostname: undefined }]);
  });

  it("gives addresses and takes them back", async () => {
    await using segment = await openSegment();
    await segment.client.addAddress("192.168.100.11");
    await segment.client.addAddress("192.168.100.12", { mac, hostname: "two", publicIp: "203.0.113.7" });
    await segment.client.removeAddress("192.168.100.11");
    expect(segment.calls).toEqual([
      ["add_address", "192.168.100.11", undefined, "", undefined],
      ["add_address", "192.168.100.12", mac, "two", "203.0.113.7"],
      ["remove_address", "192.168.100.11"],
    ]);
  });

  it.each([["192.168.100"], ["board"]])("is not given the address %j", async (ip) => {
    await using segment = await openSegment();
    await expect(segment.client.addAddress(ip)).rejects.toMatchObject({ code: "invalid-argument" });
    expect(segment.calls).toEqual([]);
  });

  it("serves names", async () => {
    await using segment = await openSegment();
    await segment.client.addDnsEntry("x.lab", "192.168.100.1");
    await expect(segment.client.dnsEntries()).resolves.toEqual([{ hostname: "x.lab", ip: "192.168.100.1" }]);
    await segment.client.removeDnsEntry("x.lab");
    expect(segment.calls).toEqual([
      ["add_dns_entry", "x.lab", "192.168.100.1"],
      ["remove_dns_entry", "x.lab"],
    ]);
  });

  it("is watched packet by packet until the loop is left", async () => {
    await using segment = await openSegment();
    const lines: string[] = [];
    for await (const line of segment.client.tcpdump(["-n", "udp"])) {
      lines.push(line);
      if (lines.length === 2) break;
    }
    await segment.left;
    expect(lines).toEqual(["packet 1", "packet 2"]);
    expect(segment.calls).toEqual([["tcpdump", ["-n", "udp"]]]);
  });
});
