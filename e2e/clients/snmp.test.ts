import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { within } from "@jumpstarter-ts/core";
import { snmp } from "@jumpstarter-ts/driver-snmp";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

const registry = { definition: async (label: string) => (label === snmp.contract.label ? snmp : undefined) };

/** A PDU that takes whatever is set over SNMPv3, and prints it. */
const agent = `
import sys
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import cmdrsp, context
from pysnmp.smi.instrum import AbstractMibInstrumController

class Outlets(AbstractMibInstrumController):
    def write_variables(self, *bindings, **_context):
        for name, value in bindings:
            print("SET", name, int(value), flush=True)
        return bindings

pdu = engine.SnmpEngine()
transport = udp.UdpAsyncioTransport().open_server_mode(("127.0.0.1", 0))
config.add_transport(pdu, udp.DOMAIN_NAME, transport)
config.add_v3_user(pdu, "tester")
config.add_vacm_user(pdu, 3, "tester", "noAuthNoPriv", (1, 3, 6), (1, 3, 6))
names = context.SnmpContext(pdu)
names.unregister_context_name(b"")
names.register_context_name(b"", Outlets())
cmdrsp.SetCommandResponder(pdu, names)

async def ready():
    bound, _ = await transport._lport
    print("PORT", bound.get_extra_info("sockname")[1], flush=True)

pdu.transport_dispatcher.loop.create_task(ready())
pdu.transport_dispatcher.job_started(1)
pdu.open_dispatcher()
`;

async function startPdu(python: string) {
  const child = spawn(python, ["-c", agent], { stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  const sets: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("PORT ")) resolve(Number(line.slice("PORT ".length)));
      else sets.push(line);
    });
    void exited.then(() => reject(new Error(`the PDU ended before it was ready:\n${said.join("")}`)));
  });
  const close = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  try {
    const bound = await within(port, { timeoutMs: 15_000, what: "the start of the PDU" });
    return { port: bound, sets, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

const peer = pythonPeer();

describe.skipIf(peer === undefined && process.env["CI"] !== "true")("an outlet of a Python exporter", () => {
  it("is switched over SNMP", async () => {
    await using pdu = await startPdu(join(peer?.bin ?? "", "python"));
    await using exporter = await startPythonExporter(`export:
  outlet:
    type: jumpstarter_driver_snmp.driver.SNMPServer
    config: { host: 127.0.0.1, port: ${pdu.port}, user: tester, plug: 7, oid: 1.3.6.1.4.1.9.1 }
`);
    await using session = await connect({ host: exporter.host, registry, allow: ["UNSAFE"] });
    const outlet = session.device("outlet").as(snmp);

    await expect(outlet.on()).resolves.toMatch(/on/i);
    await outlet.cycle({ offForMs: 0 });

    const oid = "1.3.6.1.4.1.9.1.7";
    await expect.poll(() => pdu.sets).toEqual([`SET ${oid} 1`, `SET ${oid} 0`, `SET ${oid} 1`]);
  });
});
