import { errorCode } from "./packet.ts";
import { TransferError } from "./transfer-error.ts";

/** Times the last packets are sent before the peer is given up, the first time counted. */
export const tries = 3;

export interface Retransmission extends Disposable {
  /** The peer has answered: from now, and from its first try. */
  restart(): void;
}

/** Calls `again` whenever the peer has not answered for so long, and `giveUp` after the last try. */
export function retransmit(
  timeoutMs: number,
  { again, giveUp }: { readonly again: () => void; readonly giveUp: (error: TransferError) => void },
): Retransmission {
  let sent = 1;
  const timer = setTimeout(() => {
    if (sent >= tries) {
      giveUp(new TransferError(errorCode.other, `no answer to ${tries} tries of ${timeoutMs / 1_000} s`));
      return;
    }
    sent += 1;
    timer.refresh();
    again();
  }, timeoutMs);
  return {
    restart() {
      sent = 1;
      timer.refresh();
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
