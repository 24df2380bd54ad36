import type { Socket } from "node:dgram";

import { decodePacket, encodePacket, errorCode, type Packet } from "./packet.ts";
import { TransferError } from "./transfer-error.ts";

export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** One transfer's own socket: sends to its peer, and hears nobody else. */
export interface TransferLink {
  send(packet: Packet): void;
  /** What follows the head of a block is not copied. */
  sendPieces(pieces: readonly Uint8Array[]): void;
}

export interface LinkEvents {
  readonly onPacket: (packet: Packet) => void;
  readonly onError: (error: Error) => void;
}

/**
 * RFC 1350 §4: a packet from elsewhere is answered with error 5 and changes nothing. An error is not: two who answer
 * errors with errors never end.
 */
export function linkTo(socket: Socket, peer: Peer, { onPacket, onError }: LinkEvents): TransferLink {
  const sendTo = (packet: Packet, { port, address }: Peer): void => socket.send(encodePacket(packet), port, address);
  socket.on("error", onError);
  socket.on("message", (message, from) => {
    if (from.port !== peer.port || from.address !== peer.address) {
      if (decodePacket(message)?.kind === "error") return;
      const said = "this port belongs to the transfer of another client";
      sendTo({ kind: "error", code: errorCode.unknownTransfer, message: said }, from);
      return;
    }
    const packet = decodePacket(message);
    if (packet === undefined) onError(new TransferError(errorCode.illegal, "that is no TFTP packet"));
    else if (packet.kind === "error") onError(new PeerError(packet.code, packet.message));
    else onPacket(packet);
  });
  return {
    send: (packet) => sendTo(packet, peer),
    sendPieces: (pieces) => socket.send(pieces, peer.port, peer.address),
  };
}

/** The peer itself ended the transfer, and need not be told. */
export class PeerError extends TransferError {
  constructor(code: number, message: string) {
    super(code, `the client ended it with error ${code}: ${message}`);
  }
}
