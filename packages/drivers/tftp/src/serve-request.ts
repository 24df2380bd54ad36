import type { Socket } from "node:dgram";

import { messageOf, type Logger } from "@jumpstarter-ts/core";

import { agree } from "./agreement.ts";
import { netasciiBlocks, octetBlocks } from "./block-source.ts";
import { parseFileName } from "./file-name.ts";
import { encodePacket, errorCode, type Packet } from "./packet.ts";
import { receiveFile } from "./receive-file.ts";
import { sendFile, type Transfer } from "./send-file.ts";
import type { SharedFiles } from "./shared-files.ts";
import { TransferError } from "./transfer-error.ts";
import { PeerError, type Peer } from "./transfer-link.ts";
import { closeUdp, openUdp } from "./udp-socket.ts";
import { openUpload } from "./upload.ts";

export type Request = Extract<Packet, { readonly kind: "read" | "write" }>;

export interface ServedFiles {
  readonly root: string;
  readonly shared: SharedFiles;
  /** Where the client asks for no timeout. */
  readonly timeoutMs: number;
  readonly isWritable: boolean;
  readonly maxUploadBytes: number;
  /** A client has sent this file whole. */
  readonly onUploaded: (name: string) => void;
}

export interface RequestContext {
  /** The address that the server listens on, and transfers come from. */
  readonly host: string;
  readonly peer: Peer;
  /** Ends the transfer; its reason is what the peer is told. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly onTransfer: (transfer: Transfer) => void;
}

type Begin = (socket: Socket) => Transfer;

/** Answers one request from a socket of its own, from its first packet to its end. Never rejects. */
export async function serveRequest(files: ServedFiles, request: Request, context: RequestContext): Promise<void> {
  const { host, peer, signal, log } = context;
  const startedMs = performance.now();
  const what = `${peer.address} port ${peer.port} ${request.kind === "read" ? "reads" : "writes"} ${shown(request)}`;
  let socket: Socket | undefined;
  try {
    socket = await openUdp(host, 0);
    const opened = socket;
    await (request.kind === "read" ? read : write)(files, request, context, async (begin) => {
      signal.throwIfAborted();
      const transfer = begin(opened);
      const stop = (): void => transfer.stop(reasonOf(signal));
      signal.addEventListener("abort", stop, { once: true });
      context.onTransfer(transfer);
      await transfer.done.finally(() => signal.removeEventListener("abort", stop));
    });
    log.info(`${what}: done in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
  } catch (error) {
    log.warning(`${what}: ${messageOf(error)}`);
    if (socket !== undefined && !(error instanceof PeerError)) await tell(socket, peer, error);
  } finally {
    if (socket !== undefined) await closeUdp(socket);
  }
}

type Run = (begin: Begin) => Promise<void>;

async function read(files: ServedFiles, request: Request, { peer }: RequestContext, run: Run): Promise<void> {
  const { segments, isText } = checked(request);
  const file = await files.shared.open(segments);
  try {
    // How long a text is on the wire is not known before it is sent.
    const agreement = agree(request.options, {
      sizeBytes: isText ? undefined : file.size,
      defaultTimeoutMs: files.timeoutMs,
    });
    const source = (isText ? netasciiBlocks : octetBlocks)(file, agreement.blockBytes);
    await run((socket) => sendFile({ socket, peer, source, agreement }));
  } finally {
    await file.close();
  }
}

async function write(files: ServedFiles, request: Request, { peer }: RequestContext, run: Run): Promise<void> {
  if (!files.isWritable) throw new TransferError(errorCode.refused, "this server only gives files");
  const { segments, isText } = checked(request);
  const limitBytes = files.maxUploadBytes;
  const size = Number(request.options.get("tsize") ?? 0);
  if (size > limitBytes) throw new TransferError(errorCode.full, `the file is longer than ${limitBytes} bytes`);
  const agreement = agree(request.options, { sizeBytes: size, defaultTimeoutMs: files.timeoutMs });
  const upload = await openUpload(files.root, segments, { isText });
  try {
    const complete = async (): Promise<void> => {
      await upload.complete();
      files.onUploaded(segments.join("/"));
    };
    await run((socket) => receiveFile({ socket, peer, agreement, limitBytes, write: upload.write, complete }));
  } finally {
    await upload.close();
  }
}

function checked({ name, mode }: Request): { readonly segments: readonly string[]; readonly isText: boolean } {
  if (mode !== "octet" && mode !== "netascii") {
    throw new TransferError(errorCode.illegal, "the mode has to be octet or netascii");
  }
  const segments = parseFileName(name);
  if (typeof segments === "string") throw new TransferError(errorCode.refused, segments);
  return { segments, isText: mode === "netascii" };
}

async function tell(socket: Socket, { port, address }: Peer, error: unknown): Promise<void> {
  const isOurs = error instanceof TransferError;
  const { promise, resolve } = Promise.withResolvers<void>();
  const message = isOurs ? error.message : "the server failed";
  socket.removeAllListeners("message");
  socket.send(
    encodePacket({ kind: "error", code: isOurs ? error.code : errorCode.other, message }),
    port,
    address,
    () => resolve(),
  );
  await promise;
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

function shown({ name }: Request): string {
  return JSON.stringify(name.length > 255 ? `${name.slice(0, 255)}…` : name);
}
