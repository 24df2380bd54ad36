import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";

/** A bound socket. Addresses are never looked up when it sends: there are only those of packets that came. */
export async function openUdp(host: string, port: number): Promise<Socket> {
  const family = isIPv6(host) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    lookup: (address, _options, found) => found(null, address, family),
  });
  try {
    // Until there is somebody to tell. An error that nobody listens to would end the exporter's process.
    socket.on("error", () => undefined);
    // Before it is bound: without a look-up it may listen at once.
    const listening = once(socket, "listening");
    socket.bind({ address: host, port, exclusive: true });
    await listening;
    return socket;
  } catch (error) {
    await closeUdp(socket);
    throw error;
  }
}

export async function closeUdp(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.removeAllListeners("message");
  // What was sent last may still fail.
  socket.on("error", () => undefined);
  try {
    socket.close(resolve);
  } catch {
    // It was closed already.
    resolve();
  }
  await promise;
}
