import type { Socket } from "node:dgram";

import type { Agreement } from "./agreement.ts";
import type { BlockSource } from "./block-source.ts";
import { dataHead, errorCode, type Packet } from "./packet.ts";
import { retransmit } from "./retransmission.ts";
import { TransferError } from "./transfer-error.ts";
import { linkTo, type Peer } from "./transfer-link.ts";

/** After so long another complaint about the same block is no echo of the first. */
const calmMs = 1_000;

/** A transfer under way. */
export interface Transfer {
  /** Resolves when all of the file is through; rejects with a {@link TransferError}. */
  readonly done: Promise<void>;
  /** The client has sent its request again. */
  repeat(): void;
  /** Milliseconds since the client was heard; undefined as long as it has not answered. */
  idleMs(): number | undefined;
  stop(error: Error): void;
}

export interface SendFileOptions {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly source: BlockSource;
  readonly agreement: Agreement;
}

/**
 * Sends the blocks of a source, a window at a time: RFC 1350 where the window is one block, RFC 7440 where it is more.
 * What is sent again is sent for a reason that cannot feed on itself: silence, or the first word that a block is missing.
 * So a duplicate of an acknowledgement never doubles the rest ("Sorcerer's Apprentice").
 */
export function sendFile({ socket, peer, source, agreement }: SendFileOptions): Transfer {
  const { windowBlocks, timeoutMs, confirmed } = agreement;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  /** Whether the client has still to acknowledge the options. */
  let isAgreeing = confirmed.size > 0;
  let isOver = false;
  /** The first block that is not acknowledged. */
  let base = 1;
  /** The first block that has not been sent in this round. */
  let next = 1;
  /** The first block that was never sent. */
  let fresh = 1;
  /** The `base` that was sent again before its time, and when anything was sent last. */
  let repeatedAt = 0;
  let sentAtMs = 0;
  let sentBlocks = 0;
  let heardAtMs: number | undefined;

  const link = linkTo(socket, peer, { onPacket, onError: (error) => finish(error) });
  const timer = retransmit(timeoutMs, { again: begin, giveUp: finish });
  begin();
  return {
    done,
    repeat() {
      if (heardAtMs === undefined) begin();
    },
    idleMs: () => (heardAtMs === undefined ? undefined : performance.now() - heardAtMs),
    stop: finish,
  };

  function begin(): void {
    if (isAgreeing) sendOptions();
    else sendWindow();
  }

  function finish(error?: Error): void {
    if (isOver) return;
    isOver = true;
    timer[Symbol.dispose]();
    if (error === undefined) resolve();
    else reject(error);
  }

  function sendOptions(): void {
    link.send({ kind: "options", options: confirmed });
  }

  function sendWindow(): void {
    next = base;
    sendRest();
  }

  function sendRest(): void {
    if (isOver) return;
    next = Math.max(next, base);
    const wait = source.prepare(base, base + windowBlocks);
    if (wait !== undefined) {
      wait.then(sendRest, finish);
      return;
    }
    const end = Math.min(base + windowBlocks, (source.lastBlock ?? Number.POSITIVE_INFINITY) + 1);
    for (; next < end; next++) {
      link.sendPieces([dataHead(next), ...source.pieces(next)]);
      sentBlocks += 1;
    }
    fresh = Math.max(fresh, next);
    sentAtMs = performance.now();
  }

  function onPacket(packet: Packet): void {
    if (isOver) return;
    if (packet.kind !== "acknowledgement") {
      finish(new TransferError(errorCode.illegal, "only acknowledgements are expected here"));
      return;
    }
    if (isAgreeing) {
      if (packet.block !== 0) return;
      isAgreeing = false;
      heard();
      sendWindow();
      return;
    }
    // Numbers begin anew after 65535; a window is far shorter.
    const acknowledged = base - 1 + ((packet.block - (base - 1)) & 0xffff);
    // Of long ago, or of what was never sent.
    if (acknowledged >= fresh) return;
    if (acknowledged === base - 1) {
      // In a window of one it is a duplicate; in a longer one also the word that the first block is missing.
      if (windowBlocks === 1 || next === base || !mayRepeat()) return;
      heard();
      sendWindow();
      return;
    }
    heard();
    const isWhole = acknowledged === next - 1;
    base = acknowledged + 1;
    if (acknowledged === source.lastBlock) finish();
    else if (isWhole || mayRepeat()) sendWindow();
    else sendRest();
  }

  /**
   * Whether what was sent may be sent again before its time: once for each first missing block, and out of a budget, so
   * that packets which the network doubles are not answered with more and more.
   */
  function mayRepeat(): boolean {
    const isRecent = repeatedAt === base && performance.now() - sentAtMs < calmMs;
    if (isRecent || sentBlocks > 2 * base + 4 * windowBlocks) return false;
    repeatedAt = base;
    return true;
  }

  function heard(): void {
    heardAtMs = performance.now();
    timer.restart();
  }
}
