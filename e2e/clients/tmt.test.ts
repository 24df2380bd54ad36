import { connect } from "@jumpstarter-ts/client";
import { tmt } from "@jumpstarter-ts/driver-tmt";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";

const yaml = `export:
  tmt:
    type: jumpstarter_driver_tmt.driver.TMT
    config: { reboot_cmd: j power cycle, default_username: root, default_password: secret }
    children:
      ssh: { type: jumpstarter_driver_network.driver.TcpNetwork, config: { host: 127.0.0.1, port: 2222 } }
`;

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("Python's tmt driver", () => {
  it("tells us how to reach the guest", async () => {
    await using exporter = await startPythonExporter(yaml);
    await using session = await connect({ host: exporter.host });
    const client = session.device("tmt").as(tmt);

    expect(await client.rebootCommand()).toBe("j power cycle");
    expect(await client.defaultLogin()).toEqual({ username: "root", password: "secret" });
    const { stdout } = await client.run(["run", "plan"], { program: "echo" });
    expect(stdout).toBe(
      "run plan provision -h connect -g 127.0.0.1 -P 2222 -u root -p secret --feeling-safe --hard-reboot j power cycle\n",
    );
  });
});
