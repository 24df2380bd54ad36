import { once } from "node:events";
import { connect } from "node:net";

import { describe, expect, it } from "vitest";

import { isMissing, openBoard, patience } from "../test/u-boot.ts";
import { forwardedPort } from "./forward.ts";

const forward = { protocol: "tcp", hostaddr: "127.0.0.1", hostport: 0, guestport: 22 } as const;

describe("QEMU's table of forwards", () => {
  it("says which port was free", () => {
    const table = [
      "Hub -1 (eth0):",
      "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ",
      "  TCP[HOST_FORWARD]  13       127.0.0.1 35321       10.0.2.15    80     0     0",
      "  TCP[HOST_FORWARD]  14       127.0.0.1 41235       10.0.2.15    22     0     0",
      "  UDP[130 sec]       15       10.0.2.15 51234        10.0.2.3    53     0     0",
    ].join("\r\n");
    expect(forwardedPort(table, forward)).toBe(41_235);
    expect(forwardedPort(table, { ...forward, guestport: 443 })).toBeUndefined();
  });

  it("has a star for every address of the exporter's machine", () => {
    const table = "  TCP[HOST_FORWARD]  13               * 35321       10.0.2.15    22     0     0";
    expect(forwardedPort(table, { ...forward, hostaddr: "0.0.0.0" })).toBe(35_321);
  });
});

describe.skipIf(isMissing)("a forward of a virtual machine", () => {
  it("takes a free port at every start where none is given", async () => {
    await using bench = await openBoard({
      hostfwd: { ssh: { hostaddr: "0.0.0.0", hostport: 0, guestport: 22 }, web: { hostport: 0, guestport: 80 } },
    });
    await bench.client.power.on();

    const addresses = await Promise.all([bench.client.ssh.address(), bench.client.forward("web").address()]);

    for (const address of addresses) {
      const { hostname, port } = new URL(address);
      await using socket = connect(Number(port), hostname);
      await once(socket, "connect", patience());
    }
    expect(new Set(addresses).size).toBe(2);
  });

  it("carries the exporter's end of a connection", async () => {
    await using bench = await openBoard({ hostfwd: { web: { hostport: 0, guestport: 80 } } });
    await bench.client.power.on();
    await using stream = await bench.client.forward("web").open();
    // U-Boot has no server that could answer; what is sent is taken.
    await new Promise<void>((resolve, reject) =>
      stream.write("GET / HTTP/1.0\r\n\r\n", (error) => (error ? reject(error) : resolve())),
    );
    expect(stream.destroyed).toBe(false);
  });

  it("needs a machine that is on, and a name that the configuration has", async () => {
    await using bench = await openBoard({ hostfwd: { web: { hostport: 0, guestport: 80 } } });
    await expect(bench.client.forward("web").open()).rejects.toMatchObject({ reason: "QEMU_OFF" });
    expect(() => bench.client.forward("ftp")).toThrow(expect.objectContaining({ reason: "DEVICE_NOT_FOUND" }));
    expect(() => bench.client.ssh).toThrow("hostfwd");
  });
});
