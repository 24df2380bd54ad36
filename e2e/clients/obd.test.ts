import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

import { connect } from "@jumpstarter-ts/client";
import { obd } from "@jumpstarter-ts/driver-obd";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

/** What an ELM327 says to each command, with headers on. */
const answers: Readonly<Record<string, string>> = {
  ATZ: "ELM327 v1.5",
  ATRV: "12.3V",
  ATDPN: "6",
  "0100": "7E8 06 41 00 18 18 00 00",
  "010C": "7E8 04 41 0C 1A F8",
  "010D": "7E8 03 41 0D 32",
  "03": "7E8 02 43 00",
  "04": "7E8 01 44",
};

/** An adapter behind a TCP port, which pyserial opens as a serial port; it keeps what it was asked. */
async function startAdapter() {
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      const lines = (text + chunk.toString("latin1")).split("\r");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const command = line.replaceAll(" ", "").toUpperCase();
        commands.push(command);
        // The last digit of a request tells how many frames are awaited.
        const answer = answers[command] ?? answers[command.slice(0, -1)];
        socket.write(`${answer ?? (command.startsWith("AT") ? "OK" : "NO DATA")}\r\r>`);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server on TCP has an address of this shape.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    commands,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("OBD of a Python exporter", () => {
  it("asks a car", async () => {
    await using adapter = await startAdapter();
    await using exporter = await startPythonExporter(
      `export: { car: { type: jumpstarter_driver_obd.driver.OBD, config: { port: "socket://127.0.0.1:${adapter.port}" } } }\n`,
    );
    await using session = await connect({ host: exporter.host, allow: ["UNSAFE"] });
    const car = session.device("car").as(obd);

    await expect(car.status()).resolves.toBe("Car Connected");
    await expect(car.isConnected()).resolves.toBe(true);
    await expect(car.supportedCommands()).resolves.toEqual(expect.arrayContaining(["ELM_VOLTAGE", "RPM", "SPEED"]));
    await expect(car.query("RPM")).resolves.toBe("1726.0 revolutions_per_minute");
    await expect(car.query("SPEED")).resolves.toBe("50.0 kilometer_per_hour");
    await expect(car.query("FUEL_STATUS")).resolves.toBeUndefined();
    await expect(car.query("NOPE")).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(car.query("CLEAR_DTC")).rejects.toMatchObject({ code: "invalid-argument" });
    expect(adapter.commands).not.toContain("04");
    await car.clearTroubleCodes();
    expect(adapter.commands.at(-1)).toBe("04");
  });
});
