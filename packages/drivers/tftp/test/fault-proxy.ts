/** A network between TFTP clients and a server that loses, doubles and swaps packets as it is told. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export type Direction = "to-server" | "to-client";

/** What becomes of a packet. A held one goes after the next of its direction. */
export type Fate = "pass" | "lose" | "double" | "hold";

export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** Packets that were let through, both copies of a doubled one counted. */
  readonly passed: Record<Direction, number>;
}

interface Link {
  readonly socket: Socket;
  /** The port of the server's transfer, once it has answered. */
  serverPort: number;
}

export async function openFaultProxy(
  serverPort: number,
  decide: (direction: Direction, packet: Buffer) => Fate,
): Promise<FaultProxy> {
  const links = new Map<number, Link>();
  const front = createSocket("udp4").bind(0, "127.0.0.1");
  await once(front, "listening");
  const passed: Record<Direction, number> = { "to-server": 0, "to-client": 0 };
  const held = new Map<string, Buffer>();

  const pass = (direction: Direction, key: number, packet: Buffer, send: (packet: Buffer) => void): void => {
    const fate = decide(direction, packet);
    const place = `${direction} ${key}`;
    if (fate === "lose") return;
    if (fate === "hold" && !held.has(place)) {
      held.set(place, Buffer.from(packet));
      return;
    }
    const later = held.get(place);
    held.delete(place);
    for (const each of [packet, ...(fate === "double" ? [packet] : []), ...(later === undefined ? [] : [later])]) {
      passed[direction] += 1;
      send(Buffer.from(each));
    }
  };
  const open = (clientPort: number): Link => {
    const link: Link = { socket: createSocket("udp4"), serverPort };
    link.socket.on("message", (answer, server) => {
      link.serverPort = server.port;
      pass("to-client", clientPort, answer, (each) => front.send(each, clientPort, "127.0.0.1"));
    });
    links.set(clientPort, link);
    return link;
  };
  front.on("message", (packet, client) => {
    const link = links.get(client.port) ?? open(client.port);
    pass("to-server", client.port, packet, (each) => {
      const isRequest = each[1] === 1 || each[1] === 2;
      link.socket.send(each, isRequest ? serverPort : link.serverPort, "127.0.0.1");
    });
  });
  return {
    port: front.address().port,
    passed,
    async [Symbol.asyncDispose]() {
      const all = [front, ...[...links.values()].map(({ socket }) => socket)];
      await Promise.all(
        all.map(async (socket) => {
          const closed = once(socket, "close");
          socket.close();
          await closed;
        }),
      );
    },
  };
}
