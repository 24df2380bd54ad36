import { JumpstarterError, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { doip } from "./client.ts";

/** An entity that answers as Python's driver does, and notes what it was asked. */
async function openEntity({ powerMode = 1 } = {}) {
  const calls: unknown[] = [];
  const note = (method: string, args: readonly unknown[]): void => void calls.push([method, ...args.slice(0, -1)]);
  const served = await serveDriver(
    serve(doip, {
      entity_status: () => ({ node_type: 1, max_open_sockets: 8, currently_open_sockets: 1, max_data_size: null }),
      alive_check: () => ({ source_address: 0xe00 }),
      diagnostic_power_mode: () => ({ diagnostic_power_mode: powerMode }),
      request_vehicle_identification(...args) {
        note("identify", args);
        return {
          vin: "WBA00000000000001",
          logical_address: 0xe0,
          eid: "001122334455",
          gid: "66778899aabb",
          further_action: 0,
          sync_status: null,
        };
      },
      routing_activation(...args) {
        note("activate", args);
        return { client_logical_address: 0xe00, logical_address: 0xe0, response_code: 16, vm_specific: null };
      },
      send_diagnostic: (...args) => note("send", args),
      receive_diagnostic(...args) {
        note("receive", args);
        if (args[0] === 0) {
          throw new JumpstarterError("nothing came", { code: "deadline-exceeded", reason: "NO_MESSAGE" });
        }
        return { data: "62F190" };
      },
      reconnect: (...args) => note("reconnect", args),
      close_connection: (...args) => note("close", args),
    }),
    { definition: doip },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("an entity behind DoIP", () => {
  it("tells how it is", async () => {
    await using entity = await openEntity();
    await expect(entity.client.entityStatus()).resolves.toEqual({
      nodeType: 1,
      maxOpenSockets: 8,
      currentlyOpenSockets: 1,
      maxDataBytes: undefined,
    });
    await expect(entity.client.aliveCheck()).resolves.toBe(0xe00);
    await expect(entity.client.diagnosticPowerMode()).resolves.toBe("ready");
  });

  it("tells the number of a power mode that has no name", async () => {
    await using entity = await openEntity({ powerMode: 0x80 });
    await expect(entity.client.diagnosticPowerMode()).resolves.toBe(0x80);
  });

  it("tells which vehicle it is in, also when asked for one of them", async () => {
    await using entity = await openEntity();
    await expect(entity.client.identifyVehicle()).resolves.toEqual({
      vin: "WBA00000000000001",
      logicalAddress: 0xe0,
      eid: new Uint8Array([0x00, 0x11, 0x22, 0x33, 0x44, 0x55]),
      gid: new Uint8Array([0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb]),
      furtherAction: 0,
      syncStatus: undefined,
    });
    await entity.client.identifyVehicle({ vin: "WBA00000000000001" });
    await entity.client.identifyVehicle({ eid: new Uint8Array([0, 0x11, 0x22, 0x33, 0x44, 0x55]) });
    expect(entity.calls).toEqual([
      ["identify", undefined, undefined],
      ["identify", "WBA00000000000001", undefined],
      ["identify", undefined, "001122334455"],
    ]);
  });

  it("routes diagnostic messages both ways", async () => {
    await using entity = await openEntity();
    await expect(entity.client.activateRouting()).resolves.toEqual({
      clientLogicalAddress: 0xe00,
      logicalAddress: 0xe0,
      responseCode: 0x10,
      vmSpecific: undefined,
    });
    await entity.client.sendDiagnostic(new Uint8Array([0x22, 0xf1, 0x90]));
    await expect(entity.client.receiveDiagnostic()).resolves.toEqual(new Uint8Array([0x62, 0xf1, 0x90]));
    await expect(entity.client.receiveDiagnostic({ waitMs: 0 })).rejects.toMatchObject({ code: "deadline-exceeded" });
    expect(entity.calls).toEqual([
      ["activate", 0],
      ["send", { data: "22f190" }],
      ["receive", 2],
      ["receive", 0],
    ]);
  });

  it("is left and connected anew", async () => {
    await using entity = await openEntity();
    await entity.client.closeConnection();
    await entity.client.reconnect();
    await entity.client.reconnect({ pauseMs: 0 });
    expect(entity.calls).toEqual([["close"], ["reconnect", 2], ["reconnect", 0]]);
  });
});
