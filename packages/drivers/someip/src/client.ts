import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { someIpContract, type SomeIpEvent, type SomeIpMessage, type SomeIpService } from "./contract.ts";

export interface SomeIpWaitOptions extends CallOptions {
  /** Milliseconds that the exporter waits. Upstream's default: 5000, for a message 2000. */
  readonly waitMs?: number;
}

export interface SomeIpFindOptions extends SomeIpWaitOptions {
  /** Default 0xffff: any instance. */
  readonly instanceId?: number;
}

/** A waiting that ends without anything rejects with `deadline-exceeded`. */
export interface SomeIpClient {
  /** Starts the stack on the exporter; everything else starts it too. */
  start(options?: CallOptions): Promise<void>;
  /** Calls a method and waits for its answer. */
  call(serviceId: number, methodId: number, payload: Uint8Array, options?: SomeIpWaitOptions): Promise<SomeIpMessage>;
  /** Sends a message; an answer comes to `receive`. */
  send(serviceId: number, methodId: number, payload: Uint8Array, options?: CallOptions): Promise<void>;
  receive(options?: SomeIpWaitOptions): Promise<SomeIpMessage>;
  /** The offers of a service; none is an empty list. */
  findService(serviceId: number, options?: SomeIpFindOptions): Promise<readonly SomeIpService[]>;
  subscribe(eventgroupId: number, options?: CallOptions): Promise<void>;
  unsubscribe(eventgroupId: number, options?: CallOptions): Promise<void>;
  receiveEvent(options?: SomeIpWaitOptions): Promise<SomeIpEvent>;
  closeConnection(options?: CallOptions): Promise<void>;
  reconnect(options?: CallOptions): Promise<void>;
}

export const someIp = defineDriver({ contract: someIpContract, client: someIpClient });

function someIpClient(remote: Remote<typeof someIpContract>): SomeIpClient {
  return {
    start: (options = {}) => remote.with(options).call("start"),
    call: (serviceId, methodId, payload, { waitMs = 5_000, ...options } = {}) =>
      remote.with(options).call("rpc_call", serviceId, methodId, toWire(payload), waitMs / 1_000),
    send: (serviceId, methodId, payload, options = {}) =>
      remote.with(options).call("send_message", serviceId, methodId, toWire(payload)),
    receive: ({ waitMs = 2_000, ...options } = {}) => remote.with(options).call("receive_message", waitMs / 1_000),
    findService: (serviceId, { instanceId = 0xffff, waitMs = 5_000, ...options } = {}) =>
      remote.with(options).call("find_service", serviceId, instanceId, waitMs / 1_000),
    subscribe: (eventgroupId, options = {}) => remote.with(options).call("subscribe_eventgroup", eventgroupId),
    unsubscribe: (eventgroupId, options = {}) => remote.with(options).call("unsubscribe_eventgroup", eventgroupId),
    receiveEvent: ({ waitMs = 5_000, ...options } = {}) => remote.with(options).call("receive_event", waitMs / 1_000),
    closeConnection: (options = {}) => remote.with(options).call("close_connection"),
    reconnect: (options = {}) => remote.with(options).call("reconnect"),
  };
}

function toWire(payload: Uint8Array): { data: string } {
  return { data: Buffer.from(payload).toString("hex") };
}
