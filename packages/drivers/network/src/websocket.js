import { Duplex } from "node:stream";
import { implement } from "@jumpstarter-ts/core";
import { WebSocket } from "ws";
import { z } from "zod";
import { assertAddressEnabled } from "./address.js";
import { datagramNetwork } from "./client.js";
import { hold, opened } from "./connecting.js";
const options = z.strictObject({
  url: z.url({ protocol: /^wss?$/, error: "write a ws:// or wss:// URL" }),
  /** False keeps clients from learning the URL. */
  enable_address: z.boolean().default(true),
});
export const webSocketNetwork = implement(datagramNetwork, options, ({ url, enable_address }, scope) => ({
  async connect({ signal }) {
    const { protocol, host, pathname } = new URL(url);
    // Without the user's name, password and query, which may be secret.
    const holding = { scope, signal, what: `WebSocket connection to ${protocol}//${host}${pathname}` };
    return opened(hold(messages(new WebSocket(url)), holding), { ...holding, event: "connect" });
  },
  address() {
    assertAddressEnabled(enable_address, scope.name);
    return url;
  },
}));
/** A WebSocket as a stream of messages, binary both ways; text that arrives is its UTF-8 bytes. */
function messages(socket) {
  const stream = new Duplex({
    objectMode: true,
    read() {
      if (socket.isPaused) socket.resume();
    },
    write(chunk, _encoding, done) {
      socket.send(chunk, { binary: true }, done);
    },
    // WebSocket knows no half-close: this asks the peer to finish, and what it still sends is received.
    final(done) {
      socket.close();
      done();
    },
    destroy(error, done) {
      if (socket.readyState === WebSocket.CLOSED) return done(error);
      socket.once("close", () => done(error));
      socket.terminate();
    },
  });
  socket.binaryType = "nodebuffer";
  socket.on("open", () => stream.emit("connect"));
  socket.on("message", (data) => {
    if (!stream.push(data)) socket.pause();
  });
  socket.on("close", () => stream.push(null));
  socket.on("error", (error) => stream.destroy(error));
  return stream;
}
//# sourceMappingURL=websocket.js.map
