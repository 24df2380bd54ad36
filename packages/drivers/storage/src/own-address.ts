import { createSocket } from "node:dgram";
import { once } from "node:events";

/** Any address behind the default route; connecting a UDP socket sends nothing. */
const beyond = { host: "192.0.2.1", port: 9 };

/** The address that this machine uses towards other networks; 0.0.0.0 where it has no default route. */
export async function ownAddress(): Promise<string> {
  const socket = createSocket("udp4");
  try {
    const connected = once(socket, "connect");
    socket.connect(beyond.port, beyond.host);
    await connected;
    return socket.address().address;
  } catch {
    return "0.0.0.0";
  } finally {
    socket.close();
  }
}
