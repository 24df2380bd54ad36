import { Duplex } from "node:stream";

import { implement, JumpstarterError } from "@jumpstarter-ts/core";
import { WebSocket } from "ws";
import { z } from "zod";

import { assertAddressEnabled } from "./address.ts";
import { datagramNetwork } from "./client.ts";
import { hold, opened } from "./connecting.ts";

/** The code of a connection that broke off (RFC 6455, section 7.1.5). */
const closedWithoutGoodbye = 1006;

const options = z.strictObject({
  url: z.url({ protocol: /^wss?$/, error: "write a ws:// or wss:// URL" }),
  /** False keeps clients from learning the URL. */
  enable_address: z.boolean().default(true),
});

export const webSocketNetwork = implement(datagramNetwork, options, ({ url, enable_address }, scope) => ({
  async connect({ signal }) {
    const { protocol, host, pathname } = new URL(url);
    // Without the user's name, password and query, which may be secret.
    const what = `WebSocket connection to ${protocol}//${host}${pathname}`;
    const holding = { scope, signal, what };
    return opened(hold(messages(new WebSocket(url), what), holding), { ...holding, event: "connect" });
  },
  address() {
    assertAddressEnabled(enable_address, scope.name);
    return url;
  },
}));

/** A WebSocket as a stream of messages, binary both ways; text that arrives is its UTF-8 bytes. */
function messages(socket: WebSocket, what: string): Duplex {
  const stream = new Duplex({
    objectMode: true,
    allowHalfOpen: false,
    read() {
      if (socket.isPaused) socket.resume();
    },
    write(chunk: Uint8Array, _encoding, done) {
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
  socket.on("message", (data: Buffer) => {
    if (!stream.push(data)) socket.pause();
  });
  socket.on("close", (code) => {
    if (code === closedWithoutGoodbye && !stream.destroyed) stream.destroy(connectionLost(what));
    else stream.push(null);
  });
  socket.on("error", (error) => stream.destroy(error));
  return stream;
}

function connectionLost(what: string): JumpstarterError {
  return new JumpstarterError(`the ${what} broke off without a closing message; open it anew`, {
    code: "unavailable",
    reason: "CONNECTION_LOST",
  });
}
