import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { isoTpContract } from "./contract.ts";
import { addressToWire, type IsoTpAddress, type IsoTpAsymmetricAddress } from "./isotp-address.ts";
import { fromBase64 } from "./message.ts";
import { createReceiver, type ReceiveOptions } from "./receiver.ts";

export interface IsoTpSendOptions extends CallOptions {
  /** One ECU, or all that listen. Default: the lab's configuration decides. */
  readonly targetAddressType?: "physical" | "functional";
  /** Milliseconds that the exporter waits for the message to be sent, where it waits at all. */
  readonly sendTimeoutMs?: number;
}

/** Messages of up to 4095 bytes and more over a CAN bus (ISO 15765-2). The exporter cuts and joins them. */
export interface IsoTpClient {
  /** Starts listening; nothing is received before. */
  start(options?: CallOptions): Promise<void>;
  stop(options?: CallOptions): Promise<void>;
  /** Resolves when the message is queued; with blocking sends in the lab's configuration, when it has been sent. */
  send(data: Uint8Array, options?: IsoTpSendOptions): Promise<void>;
  /** The next message; `undefined` if none came in time. */
  receive(options?: ReceiveOptions): Promise<Uint8Array | undefined>;
  isAvailable(options?: CallOptions): Promise<boolean>;
  isTransmitting(options?: CallOptions): Promise<boolean>;
  setAddress(address: IsoTpAddress | IsoTpAsymmetricAddress, options?: CallOptions): Promise<void>;
  stopSending(options?: CallOptions): Promise<void>;
  stopReceiving(options?: CallOptions): Promise<void>;
}

export const isoTp = defineDriver({ contract: isoTpContract, client: isoTpClient });

function isoTpClient(remote: Remote<typeof isoTpContract>): IsoTpClient {
  const received = createReceiver(async (waitMs) => {
    const { data } = await (waitMs === 0 ? remote.call("recv", false) : remote.call("recv", true, waitMs / 1_000));
    return data === null ? undefined : fromBase64(data);
  }, `${remote.path}.receive`);
  return {
    start: (options = {}) => remote.with(options).call("start"),
    stop: (options = {}) => remote.with(options).call("stop"),
    send: (data, { targetAddressType, sendTimeoutMs, ...options } = {}) =>
      remote
        .with(options)
        .call(
          "send",
          { data: Buffer.from(data).toString("base64") },
          targetAddressType === undefined ? undefined : targetAddressType === "physical" ? 0 : 1,
          sendTimeoutMs === undefined ? undefined : sendTimeoutMs / 1_000,
        ),
    receive: (options) => received.next(options),
    isAvailable: (options = {}) => remote.with(options).call("available"),
    isTransmitting: (options = {}) => remote.with(options).call("transmitting"),
    setAddress: (address, options = {}) => remote.with(options).call("set_address", addressToWire(address)),
    stopSending: (options = {}) => remote.with(options).call("stop_sending"),
    stopReceiving: (options = {}) => remote.with(options).call("stop_receiving"),
  };
}
