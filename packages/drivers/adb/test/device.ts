import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** An Android device on the network, as far as a server's connection and its shell go (AOSP's protocol.txt). */
export interface Device extends AsyncDisposable {
  /** For `adb connect`. */
  readonly address: string;
  /** The commands that it was given. */
  readonly commands: readonly string[];
}

export interface Answer {
  readonly stdout: string;
  readonly exitCode: number;
}

const banner =
  "device::ro.product.name=bench;ro.product.model=Bench;ro.product.device=bench;features=cmd,shell_v2,stat_v2";
const version = 0x01_00_00_00;
const maxPayload = 4_096;

/** Answers each command of a shell as the test says. */
export async function startDevice(answer: (command: string) => Answer): Promise<Device> {
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    // It ends when the server goes.
    serve(socket, (command) => {
      commands.push(command);
      return answer(command);
    }).catch(() => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    address: `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    commands,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function serve(socket: Socket, answer: (command: string) => Answer): Promise<void> {
  const chunks = socket[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  const take = async (length: number): Promise<Buffer> => {
    while (held.length < length) {
      const next: IteratorResult<Buffer> = await chunks.next();
      if (next.done === true) throw new Error("the server has gone");
      held = Buffer.concat([held, next.value]);
    }
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
  const send = (...message: Parameters<typeof encode>): void => void socket.write(encode(...message));
  const pending = new Map<number, Buffer[]>();
  let streams = 0;
  for (;;) {
    const head = await take(24);
    const command = head.toString("latin1", 0, 4);
    const [theirs, ours] = [head.readUInt32LE(4), head.readUInt32LE(8)];
    const body = await take(head.readUInt32LE(12));
    if (command === "CNXN") send("CNXN", version, maxPayload, Buffer.from(banner));
    if (command === "OPEN") {
      const service = body.toString().replace(/\0$/, "");
      const found = /^shell,v2[^:]*:(.*)$/s.exec(service)?.[1];
      const id = ++streams;
      if (found === undefined) {
        send("CLSE", 0, theirs);
        continue;
      }
      const { stdout, exitCode } = answer(found);
      pending.set(id, [packet(1, Buffer.from(stdout)), packet(3, Buffer.from([exitCode]))]);
      send("OKAY", id, theirs);
      sendNext(id, theirs);
    }
    if (command === "OKAY") sendNext(ours, theirs);
  }

  /** One at a time: each is answered before the next. */
  function sendNext(id: number, theirs: number): void {
    const packets = pending.get(id);
    const next = packets?.shift();
    if (next !== undefined) send("WRTE", id, theirs, next);
    else if (pending.delete(id)) send("CLSE", id, theirs);
  }
}

function encode(command: string, first: number, second: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(24);
  head.write(command, "latin1");
  head.writeUInt32LE(first, 4);
  head.writeUInt32LE(second, 8);
  head.writeUInt32LE(body.length, 12);
  let sum = 0;
  for (const byte of body) sum += byte;
  head.writeUInt32LE(sum, 16);
  head.writeUInt32LE((head.readUInt32LE(0) ^ 0xff_ff_ff_ff) >>> 0, 20);
  return Buffer.concat([head, body]);
}

/** Of the shell protocol. */
function packet(id: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(id, 0);
  head.writeUInt32LE(body.length, 1);
  return Buffer.concat([head, body]);
}
