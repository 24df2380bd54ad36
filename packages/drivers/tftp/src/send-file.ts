import type { Socket } from "node:dgram";

import type { Agreement } from "./agreement.ts";
import type { BlockSource } from "./block-source.ts";
import { dataHead, errorCode, type Packet } from "./packet.ts";
import { retransmit } from "./retransmission.ts";
import { TransferError } from "./transfer-error.ts";
import { linkTo, type Peer } from "./transfer-link.ts";

/** What was sent twice is forgotten after so long. */
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
 * What is sent again is sent for a reason that cannot feed on itself: silence, or the first word that the window did not
 * arrive as it was first sent. So a duplicate of an acknowledgement never doubles the rest ("Sorcerer's Apprentice").
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
  /** Whether blocks of the window at `base` were sent more than once, and whether those of the one before it were. */
  let isRepeated = false;
  let wasRepeated = false;
  let sentAtMs = 0;
  let heardAtMs: number | undefined;

  const link = linkTo(socket, peer, { onPacket, onError: (error) => finish(error) });
  const timer = retransmit(timeoutMs, { again: () => (isAgreeing ? sendOptions() : repeatWindow()), giveUp: finish });
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

  function repeatWindow(): void {
    isRepeated = true;
    sendWindow();
  }

  function sendRest(): void {
    if (isOver) return;
    const wait = source.prepare(base, base + windowBlocks);
    if (wait !== undefined) {
      wait.then(sendRest, finish);
      return;
    }
    const end = Math.min(base + windowBlocks, (source.lastBlock ?? Number.POSITIVE_INFINITY) + 1);
    for (; next < end; next++) link.sendPieces([dataHead(next), ...source.pieces(next)]);
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
      if (!isComplaint()) return;
      heard();
      repeatWindow();
      return;
    }
    heard();
    const isWhole = acknowledged === next - 1;
    wasRepeated = isRepeated;
    isRepeated = !isWhole;
    base = acknowledged + 1;
    if (acknowledged === source.lastBlock) finish();
    else sendWindow();
  }

  /**
   * An acknowledgement that says nothing new is a duplicate where a window is one block. In a longer one it also says
   * that the first block is missing; unless blocks were just sent twice, which makes receivers say it, too.
   */
  function isComplaint(): boolean {
    if (windowBlocks === 1 || next === base) return false;
    return (!isRepeated && !wasRepeated) || performance.now() - sentAtMs > calmMs;
  }

  function heard(): void {
    heardAtMs = performance.now();
    timer.restart();
  }
}
