/** Why a transfer ended early, in the words that its peer is told. */
export class TransferError extends Error {
  override readonly name = "TransferError";
  /** TFTP's own code. */
  readonly code: number;

  constructor(code: number, message: string, { cause }: { readonly cause?: unknown } = {}) {
    super(message, { cause });
    this.code = code;
  }
}
