import { createSocket } from "node:dgram";
import { Duplex } from "node:stream";
import { implement } from "@jumpstarter-ts/core";
import { assertAddressEnabled, hostAndPort, joinHostPort, resolveHost } from "./address.js";
import { datagramNetwork } from "./client.js";
import { hold, opened } from "./connecting.js";
/** Datagrams that wait for a slow reader; later ones are dropped, as the kernel would. */
const queueLength = 1_024;
export const udpNetwork = implement(datagramNetwork, hostAndPort, ({ host, port, enable_address }, scope) => {
  const what = `UDP connection to ${joinHostPort(host, port)}`;
  return {
    async connect({ signal }) {
      const { address, family } = await resolveHost(host, { signal, what });
      const holding = { scope, signal, what };
      const socket = createSocket(family === 6 ? "udp6" : "udp4");
      const stream = hold(datagrams(socket, scope.log, what), holding);
      socket.connect(port, address, () => stream.emit("connect"));
      return opened(stream, { ...holding, event: "connect" });
    },
    async address({ signal }) {
      assertAddressEnabled(enable_address, scope.name);
      const { address } = await resolveHost(host, { signal, what: `look-up of ${host}` });
      return `udp://${joinHostPort(address, port)}`;
    },
  };
});
/** A connected socket as a stream of messages. UDP knows no end: after `end()` it goes on receiving until destroyed. */
function datagrams(socket, log, what) {
  const stream = new Duplex({
    objectMode: true,
    readableHighWaterMark: queueLength,
    read() {},
    write(chunk, _encoding, done) {
      socket.send(chunk, (error) => done(error === null || isRefusal(error) ? null : error));
    },
    destroy(error, done) {
      socket.close(() => done(error));
    },
  });
  socket.on("message", (message) => {
    if (stream.readableLength < queueLength) stream.push(message);
    else log.debug(`${what}: a datagram was dropped, ${queueLength} wait for their reader`);
  });
  socket.on("error", (error) => {
    if (isRefusal(error)) log.debug(`${what}: a datagram was refused, nothing listens there (yet)`);
    else stream.destroy(error);
  });
  return stream;
}
/** The answer to an earlier datagram that nobody took. To UDP that is one more loss, not the end. */
function isRefusal(error) {
  return "code" in error && error.code === "ECONNREFUSED";
}
//# sourceMappingURL=udp.js.map
