import type { Socket } from "node:dgram";

import type { Agreement } from "./agreement.ts";
import { errorCode, type Packet } from "./packet.ts";
import { retransmit } from "./retransmission.ts";
import type { Transfer } from "./send-file.ts";
import { TransferError } from "./transfer-error.ts";
import { linkTo, type Peer } from "./transfer-link.ts";

export interface ReceiveFileOptions {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly agreement: Agreement;
  readonly limitBytes: number;
  /** Takes the blocks in order; the next window is asked for when they are stored. */
  readonly write: (blocks: readonly Uint8Array[]) => Promise<void>;
  /** Makes the file what the client meant, once it is whole; only then the last block is acknowledged. */
  readonly complete: () => Promise<void>;
}

/** Takes a file, a window at a time. After the last block it stays, to acknowledge it once more if it comes again. */
export function receiveFile(options: ReceiveFileOptions): Transfer {
  const { socket, peer, agreement, limitBytes } = options;
  const { blockBytes, windowBlocks, timeoutMs, confirmed } = agreement;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  let state: "receiving" | "storing" | "lingering" | "over" = "receiving";
  /** The last block that arrived in order. */
  let last = 0;
  let window: Uint8Array[] = [];
  let receivedBytes = 0;
  /** The block after which a gap was told already. */
  let toldGapAfter = -1;
  let heardAtMs: number | undefined;

  const link = linkTo(socket, peer, { onPacket, onError: (error) => finish(error) });
  const timer = retransmit(timeoutMs, { again: acknowledge, giveUp: (error) => finish(error) });
  acknowledge();
  return {
    done,
    repeat() {
      if (heardAtMs === undefined) acknowledge();
    },
    idleMs: () => (heardAtMs === undefined ? undefined : performance.now() - heardAtMs),
    stop: (error) => finish(error),
  };

  function finish(error?: Error): void {
    if (state === "over") return;
    const isDone = state === "lingering";
    state = "over";
    timer[Symbol.dispose]();
    if (error === undefined || isDone) resolve();
    else reject(error);
  }

  function acknowledge(): void {
    if (state === "storing") return;
    if (state === "lingering") return finish();
    if (last === 0 && confirmed.size > 0) link.send({ kind: "options", options: confirmed });
    else link.send({ kind: "acknowledgement", block: last & 0xffff });
  }

  function onPacket(packet: Packet): void {
    if (state === "over" || state === "storing") return;
    if (packet.kind !== "data") {
      finish(new TransferError(errorCode.illegal, "only data is expected here"));
      return;
    }
    heardAtMs = performance.now();
    const ahead = (packet.block - last) & 0xffff;
    if (state === "lingering" || ahead !== 1) {
      repeatAcknowledgement(ahead);
      return;
    }
    if (packet.data.length > blockBytes) {
      finish(new TransferError(errorCode.illegal, `the block has more than the ${blockBytes} bytes agreed on`));
      return;
    }
    receivedBytes += packet.data.length;
    if (receivedBytes > limitBytes) {
      finish(new TransferError(errorCode.full, `the file is longer than ${limitBytes} bytes`));
      return;
    }
    timer.restart();
    last += 1;
    window.push(packet.data);
    const isEnd = packet.data.length < blockBytes;
    if (isEnd || window.length === windowBlocks) void store(isEnd);
  }

  /** What comes again is acknowledged again; a gap is told once, however many blocks follow it. */
  function repeatAcknowledgement(ahead: number): void {
    const isOld = ahead === 0 || ahead > 0x8000;
    if (!isOld && toldGapAfter === last) return;
    if (!isOld) toldGapAfter = last;
    link.send({ kind: "acknowledgement", block: last & 0xffff });
    if (window.length === 0 || state !== "receiving") return;
    // The sender begins its next window after this block, and so do we.
    void store(false, { isTold: true });
  }

  async function store(isEnd: boolean, { isTold = false } = {}): Promise<void> {
    const blocks = window;
    window = [];
    state = "storing";
    try {
      await options.write(blocks);
      if (isEnd) await options.complete();
    } catch (error) {
      state = "receiving";
      finish(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    // Stopped while it was stored.
    if (isOver()) return;
    state = "receiving";
    if (!isTold) acknowledge();
    timer.restart();
    if (isEnd) state = "lingering";
  }

  function isOver(): boolean {
    return state === "over";
  }
}
