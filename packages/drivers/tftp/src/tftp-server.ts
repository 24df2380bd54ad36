import type { RemoteInfo, Socket } from "node:dgram";
import { lookup } from "node:dns/promises";

import { JumpstarterError, messageOf, type Logger } from "@jumpstarter-ts/core";

import { decodePacket, encodePacket, errorCode, type Packet } from "./packet.ts";
import { serveRequest, type Request, type ServedFiles } from "./serve-request.ts";
import type { Transfer } from "./send-file.ts";
import { createSharedFiles } from "./shared-files.ts";
import { TransferError } from "./transfer-error.ts";
import { closeUdp, openUdp } from "./udp-socket.ts";

export interface TftpServerOptions extends Omit<ServedFiles, "shared"> {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  readonly maxTransfers: number;
  readonly log: Logger;
}

/** Files of a directory over TFTP; disposing of it ends the transfers that are under way. */
export interface TftpServer extends AsyncDisposable {
  readonly port: number;
}

/** A request that is answered by a transfer, or is about to be. */
interface Answered {
  readonly bytes: Buffer;
  readonly ended: Promise<void>;
  transfer: Transfer | undefined;
  stop: (error: Error) => void;
}

/** How long a client is silent before the same request from the same port counts as a new one. */
const forgottenMs = 1_000;

/**
 * Throws `TFTP_PORT_TAKEN` (`unavailable`), `TFTP_PORT_REFUSED` (`permission-denied`), `TFTP_HOST_UNKNOWN`
 * (`invalid-argument`) or `TFTP_START_FAILED` (`unavailable`).
 */
export async function openTftpServer(options: TftpServerOptions): Promise<TftpServer> {
  const { port, log, maxTransfers } = options;
  const { host, socket } = await listen(options.host, port);
  const files: ServedFiles = { ...options, shared: createSharedFiles(options.root) };
  const answered = new Map<string, Answered>();
  socket.on("error", (error) => log.warning(`the TFTP server: ${messageOf(error)}`));
  socket.on("message", (bytes, from) => {
    const packet = decodePacket(bytes);
    if (packet?.kind === "error") return;
    if (packet?.kind === "read" || packet?.kind === "write") accept(packet, bytes, from);
    else refuse(socket, from, new TransferError(errorCode.illegal, "a transfer begins with a request"));
  });

  return {
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      const closed = closeUdp(socket);
      const all = [...answered.values()];
      for (const { stop } of all) stop(new TransferError(errorCode.other, "the server was stopped"));
      await Promise.all([closed, ...all.map(({ ended }) => ended)]);
    },
  };

  function accept(request: Request, bytes: Buffer, from: RemoteInfo): void {
    const key = `${from.address} ${from.port}`;
    const earlier = answered.get(key);
    if (earlier !== undefined) {
      const idleMs = earlier.transfer?.idleMs() ?? 0;
      if (earlier.bytes.equals(bytes) && idleMs < forgottenMs) {
        earlier.transfer?.repeat();
        return;
      }
      // One port of a client has one transfer; it has forgotten this one.
      earlier.stop(new TransferError(errorCode.other, "the client began another transfer"));
    } else if (answered.size >= maxTransfers) {
      refuse(socket, from, new TransferError(errorCode.other, `${maxTransfers} transfers are under way: try again`));
      return;
    }
    const stopped = new AbortController();
    const { signal } = stopped;
    const onTransfer = (transfer: Transfer): void => void (entry.transfer = transfer);
    const run = async (): Promise<void> => {
      await earlier?.ended;
      // Begun anew before it was its turn.
      if (signal.aborted) return;
      await serveRequest(files, request, { host, peer: from, signal, log, onTransfer });
    };
    const entry: Answered = {
      // The socket uses its memory anew.
      bytes: Buffer.from(bytes),
      transfer: undefined,
      stop: (error) => stopped.abort(error),
      ended: run().finally(() => {
        if (answered.get(key) === entry) answered.delete(key);
      }),
    };
    answered.set(key, entry);
  }
}

async function listen(name: string, port: number): Promise<{ readonly host: string; readonly socket: Socket }> {
  try {
    const { address: host } = await lookup(name);
    return { host, socket: await openUdp(host, port) };
  } catch (cause) {
    throw startError(name, port, cause);
  }
}

function refuse(socket: Socket, { port, address }: RemoteInfo, { code, message }: TransferError): void {
  const packet: Packet = { kind: "error", code, message };
  socket.send(encodePacket(packet), port, address);
}

function startError(host: string, port: number, cause: unknown): JumpstarterError {
  const where = `the TFTP server cannot listen on ${host} port ${port}`;
  switch (cause instanceof Error && "code" in cause ? cause.code : undefined) {
    case "EADDRINUSE":
      return new JumpstarterError(`${where}: the port is taken; stop what has it, or set another port`, {
        code: "unavailable",
        reason: "TFTP_PORT_TAKEN",
        cause,
      });
    case "EACCES":
      return new JumpstarterError(`${where}: the exporter may not; set a port above 1023, or allow it that one`, {
        code: "permission-denied",
        reason: "TFTP_PORT_REFUSED",
        cause,
      });
    case "EADDRNOTAVAIL":
    case "EINVAL":
    case "ENOTFOUND":
      return new JumpstarterError(`${where}: that is no address of this machine; correct host in its configuration`, {
        code: "invalid-argument",
        reason: "TFTP_HOST_UNKNOWN",
        cause,
      });
    default:
      return new JumpstarterError(`${where}: ${messageOf(cause)}`, {
        code: "unavailable",
        reason: "TFTP_START_FAILED",
        cause,
      });
  }
}
