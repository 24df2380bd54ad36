/** A TFTP client for tests: it does what the RFCs ask, and what it is told beside. */
import { createSocket } from "node:dgram";
import { once } from "node:events";

import { decodePacket, encodePacket, type Packet } from "../src/packet.ts";

export interface ReadOptions {
  readonly port: number;
  readonly name: string;
  readonly mode?: string;
  /** As they are asked for; none by default. */
  readonly options?: Readonly<Record<string, number | string>>;
  /** Milliseconds until it says again what it said last. */
  readonly timeoutMs?: number;
  /** Told of every packet before it counts; false drops it. */
  readonly onPacket?: (packet: Packet) => boolean | void;
  readonly signal?: AbortSignal;
}

export interface ReadResult {
  readonly data: Buffer;
  /** What the server confirmed; empty if it sent no confirmation. */
  readonly confirmed: Readonly<Record<string, string>>;
  readonly packets: number;
}

/** How often it repeats itself before it gives up. */
const mostSilences = 20;

/** Reads a file. An error packet of the server rejects with its code and message. */
export async function tftpRead({
  port,
  name,
  mode = "octet",
  options = {},
  timeoutMs = 1_000,
  onPacket,
  signal,
}: ReadOptions): Promise<ReadResult> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { promise, resolve, reject } = Promise.withResolvers<ReadResult>();
  const asked = new Map(Object.entries(options).map(([key, value]) => [key, String(value)]));
  const pieces: Uint8Array[] = [];
  let confirmed: Record<string, string> = {};
  let peerPort = port;
  let last = 0;
  let windowEnd = 1;
  let complainedAfter = -1;
  let packets = 0;
  let said = encodePacket({ kind: "read", name, mode, options: asked });
  const say = (): void => socket.send(said, peerPort, "127.0.0.1");
  let silences = 0;
  const timer = setInterval(() => {
    silences += 1;
    // The server may have given up, and its last word may be lost.
    if (silences > mostSilences) reject(new Error(`the server did not answer ${mostSilences} times`));
    else say();
  }, timeoutMs);
  const acknowledge = (): void => {
    said = encodePacket({ kind: "acknowledgement", block: last & 0xffff });
    windowEnd = last + Number(confirmed["windowsize"] ?? 1);
    say();
  };
  socket.on("error", reject);
  socket.on("message", (bytes, from) => {
    const packet = decodePacket(bytes);
    if (packet === undefined) return reject(new Error(`no TFTP packet: ${bytes.toString("hex")}`));
    packets += 1;
    if (onPacket?.(packet) === false) return;
    if (last === 0) peerPort = from.port;
    timer.refresh();
    silences = 0;
    if (packet.kind === "error") {
      reject(Object.assign(new Error(packet.message), { code: packet.code }));
    } else if (packet.kind === "options") {
      if (last > 0) return;
      confirmed = Object.fromEntries(packet.options);
      acknowledge();
    } else if (packet.kind === "data") {
      if (packet.block !== ((last + 1) & 0xffff)) {
        if (complainedAfter === last && windowEnd - 1 !== last) return;
        complainedAfter = last;
        return acknowledge();
      }
      last += 1;
      pieces.push(packet.data);
      const isEnd = packet.data.length < Number(confirmed["blksize"] ?? 512);
      if (isEnd || last >= windowEnd) acknowledge();
      if (isEnd) resolve({ data: Buffer.concat(pieces), confirmed, packets });
    }
  });
  const aborted = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", aborted);
  if (signal?.aborted === true) aborted();
  say();
  try {
    return await promise;
  } finally {
    clearInterval(timer);
    signal?.removeEventListener("abort", aborted);
    const closed = once(socket, "close");
    // The last acknowledgement is on its way.
    socket.send(Buffer.alloc(0), 9, "127.0.0.1", () => socket.close());
    await closed;
  }
}
