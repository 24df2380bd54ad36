/** `limit-server.ts KIND SOCKET`: takes bytes or gives them, as the first line of each connection or stream asks. */
import { createServer as createHttp2Server } from "node:http2";
import { createServer } from "node:net";
import type { Duplex } from "node:stream";

import { serverWindowBytes } from "@jumpstarter-ts/protocol";

const [kind, path = ""] = process.argv.slice(2);
const windows = kind === "http2-windows" ? { settings: { initialWindowSize: serverWindowBytes } } : {};

if (kind === "raw") {
  createServer({ allowHalfOpen: true }, (socket) => {
    let isAsked = false;
    let seen = 0;
    let asked = "";
    socket.on("data", (chunk: Buffer) => {
      if (isAsked) {
        seen += chunk.length;
        return;
      }
      isAsked = true;
      const end = chunk.indexOf("\n");
      asked = chunk.subarray(0, end).toString();
      seen += chunk.length - end - 1;
      if (asked !== "up") serve(socket, asked);
    });
    socket.on("end", () => (asked === "up" ? socket.end("k") : socket.end()));
    socket.on("error", () => undefined);
  }).listen(path, ready);
} else {
  const server = createHttp2Server(windows);
  if (kind === "http2-windows") server.on("session", (session) => session.setLocalWindowSize(serverWindowBytes));
  server.on("stream", (stream, headers) => {
    const asked = String(headers["x-asked"]);
    stream.respond({ ":status": 200 });
    stream.on("error", () => undefined);
    if (asked === "up") stream.resume().on("end", () => stream.end("k"));
    else serve(stream, asked);
  });
  server.listen(path, ready);
}

function serve(stream: Duplex, asked: string): void {
  const [chunkBytes = 0, totalBytes = 0] = asked.split(" ").map(Number);
  const chunk = Buffer.alloc(chunkBytes);
  let left = Math.floor(totalBytes / chunkBytes);
  const more = (): void => {
    while (left > 0) {
      left--;
      if (!stream.write(chunk)) return void stream.once("drain", more);
    }
    stream.end();
  };
  more();
}

function ready(): void {
  process.stdin.on("end", () => process.exit()).resume();
  console.log("ANSWER={}");
}
