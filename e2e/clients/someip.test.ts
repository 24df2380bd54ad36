import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

import { connect } from "@jumpstarter-ts/client";
import { someIp } from "@jumpstarter-ts/driver-someip";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

/** A service that answers every request with 0xcafe; it keeps the requests in hexadecimal. */
async function startService() {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    let buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      while (buffer.length >= 16 && buffer.length >= 8 + buffer.readUInt32BE(4)) {
        const request = buffer.subarray(0, 8 + buffer.readUInt32BE(4));
        buffer = buffer.subarray(request.length);
        requests.push(request.toString("hex"));
        const answer = Buffer.concat([request.subarray(0, 16), Buffer.from([0xca, 0xfe])]);
        answer.writeUInt32BE(8 + 2, 4);
        answer[14] = 0x80;
        socket.write(answer);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server on TCP has an address of this shape.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("SOME/IP of a Python exporter", () => {
  it("exchanges messages with a service", async () => {
    await using service = await startService();
    await using exporter = await startPythonExporter(`export:
  vehicle:
    type: jumpstarter_driver_someip.driver.SomeIp
    config: { host: 127.0.0.1, port: 0, transport_mode: TCP, remote_host: 127.0.0.1, remote_port: ${service.port} }
`);
    await using session = await connect({ host: exporter.host, allow: ["UNSAFE"] });
    const vehicle = session.device("vehicle").as(someIp);

    await vehicle.start();
    await vehicle.send(0x1234, 0x0001, new Uint8Array([0x01, 0xff]));

    await expect(vehicle.receive()).resolves.toMatchObject({
      serviceId: 0x1234,
      methodId: 1,
      messageType: 0x80,
      returnCode: 0,
      payload: new Uint8Array([0xca, 0xfe]),
    });
    expect(service.requests).toEqual([expect.stringMatching(/^123400010000000a.{16}01ff$/)]);
    await expect(vehicle.findService(0x1234, { waitMs: 50 })).resolves.toEqual([]);
    await vehicle.subscribe(1);
    await expect(vehicle.receiveEvent({ waitMs: 50 })).rejects.toMatchObject({ code: "deadline-exceeded" });
    await vehicle.unsubscribe(1);
    await vehicle.closeConnection();
    await vehicle.reconnect();
  });
});
