import { connect } from "@jumpstarter-ts/client";
import { renode } from "@jumpstarter-ts/driver-renode";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";

const yaml = `export:
  board:
    type: jumpstarter_driver_renode.driver.Renode
    config: { platform: platforms/boards/stm32f4_discovery.repl, uart: sysbus.uart4, machine_name: board }
`;

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("Python's renode driver", () => {
  it("tells us what it simulates, and keeps its monitor to itself", async () => {
    await using exporter = await startPythonExporter(yaml);
    await using session = await connect({ host: exporter.host });
    const board = session.device("board").as(renode);

    expect(await board.platform()).toBe("platforms/boards/stm32f4_discovery.repl");
    expect([await board.uart(), await board.machineName()]).toEqual(["sysbus.uart4", "board"]);
    await expect(board.monitor("version")).rejects.toThrow("board.monitor_cmd");
    // Nothing has been started, so that there is nothing to stop.
    await board.power.off();
  });
});
