import { createSocket } from "node:dgram";

import { connect } from "@jumpstarter-ts/client";
import { bytes } from "@jumpstarter-ts/core";
import { tftp } from "@jumpstarter-ts/driver-tftp";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";
import { freeUdpPort } from "./free-port.ts";

/** Reads a file of one block as RFC 1350 says. */
async function readFile(port: number, name: string): Promise<string> {
  const socket = createSocket("udp4");
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.on("error", reject).on("message", (message, from) => {
    const isData = message.readUInt16BE(0) === 3;
    if (isData) socket.send(Buffer.from([0, 4, 0, 1]), from.port, from.address);
    resolve(message.subarray(4).toString());
  });
  socket.send(Buffer.concat([Buffer.from([0, 1]), Buffer.from(`${name}\0octet\0`)]), port, "127.0.0.1");
  try {
    return await promise;
  } finally {
    socket.close();
  }
}

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("Python's tftp driver", () => {
  it("serves the files that we put there", async () => {
    const port = await freeUdpPort();
    await using exporter = await startPythonExporter(`export:
  tftp:
    type: jumpstarter_driver_tftp.driver.Tftp
    config: { root_dir: ./tftp, host: 127.0.0.1, port: ${port} }
`);
    await using session = await connect({ host: exporter.host });
    const client = session.device("tftp").as(tftp);
    await client.putFile("Image", bytes("kernel"));

    await using server = await client.serve();

    expect([server.host, server.port]).toEqual(["127.0.0.1", port]);
    expect(await readFile(server.port, "Image")).toBe("kernel");
    expect(await readFile(server.port, "absent")).toContain("not found");
  });
});
