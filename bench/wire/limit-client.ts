/** `limit-client.ts KIND SOCKET`: the commands `up` and `down` without anything of ours around them. */
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";

import { clientWindowBytes } from "@jumpstarter-ts/protocol";

import type { Command } from "./commands.ts";

const [kind, path = ""] = process.argv.slice(2);
const session =
  kind === "raw"
    ? undefined
    : connectHttp2("http://localhost", {
        createConnection: () => connect(path),
        ...(kind === "http2-windows" ? { settings: { initialWindowSize: clientWindowBytes } } : {}),
      });
if (session !== undefined) {
  await once(session, "connect");
  if (kind === "http2-windows") session.setLocalWindowSize(clientWindowBytes);
}

console.log("ANSWER={}");
for await (const line of createInterface({ input: process.stdin })) {
  // The parent writes nothing else.
  console.log(`ANSWER=${JSON.stringify({ mbPerSecond: await run(JSON.parse(line) as Command) })}`);
}
process.exit();

async function run(command: Command): Promise<number> {
  if (command.do !== "up" && command.do !== "down") throw new Error(`no ${command.do} here`);
  const { chunkBytes, totalBytes } = command;
  const stream = open(command.do === "up" ? "up" : `${chunkBytes} ${totalBytes}`);
  const started = performance.now();
  if (command.do === "up") {
    const chunk = Buffer.alloc(chunkBytes);
    const answered = once(stream, "data");
    for (let left = Math.floor(totalBytes / chunkBytes); left > 0; left--) {
      if (!stream.write(chunk)) await once(stream, "drain");
    }
    stream.end();
    await answered;
  } else {
    stream.on("data", () => undefined);
    await once(stream, "end");
    stream.end();
  }
  return totalBytes / 1_000 / (performance.now() - started);
}

function open(asked: string): Duplex {
  if (session !== undefined) {
    return session.request({ ":method": "POST", ":path": "/", "x-asked": asked }, { endStream: false });
  }
  const socket = connect({ path, allowHalfOpen: true });
  socket.write(`${asked}\n`);
  return socket;
}
