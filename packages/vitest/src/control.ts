import type { Duplex } from "node:stream";
import { createInterface } from "node:readline";

import { JumpstarterError, type ErrorCode } from "@jumpstarter-ts/core";

/** What a worker tells the broker: one JSON object a line. */
export type WorkerMessage =
  | { readonly kind: "hello"; readonly token: string; readonly pid: number }
  | ({ readonly kind: "hold" } & HoldRequest)
  | ({ readonly kind: "release"; readonly attempt: string } & Return);

/** What the broker answers. */
export type BrokerMessage =
  | { readonly kind: "granted"; readonly attempt: string; readonly device: LentDevice }
  | { readonly kind: "released"; readonly attempt: string; readonly problems: readonly ErrorMessage[] }
  | { readonly kind: "refused"; readonly attempt: string; readonly error: ErrorMessage };

export interface HoldRequest {
  /** Names the attempt: random, so that no other can be taken for it. */
  readonly attempt: string;
  /** For people: `boot.test.ts > reaches a login prompt`. */
  readonly test: string;
  readonly need: Need;
  /** The states that the test knows, if it knows any: a device that is in one of them is lent as it is. */
  readonly family?: string | undefined;
}

/** What a test file asks for: a device by its name, or any that has these children. */
export type Need = { readonly name: string } | { readonly children: readonly string[] };

/** A passed attempt may leave its device as it is, where the options say so. */
export type Outcome = "passed" | "failed";

/** How an attempt gives its device back. */
export interface Return {
  readonly outcome: Outcome;
  /** A device that passed in a state stays in it for the next test that knows the state. */
  readonly states?: KnownStates | undefined;
}

/** What is known of a device with states, from attempt to attempt. */
export interface KnownStates {
  /** Of which states. */
  readonly family: string;
  /** Absent when nobody knows. */
  readonly state?: string | undefined;
  /** The names of the snapshots that the device has. */
  readonly snapshots: readonly string[];
}

export interface LentDevice {
  readonly name: string;
  /** Where the exporter is, for people: its socket, its configuration file. */
  readonly description: string;
  /** The socket on which the broker lends the device, to this attempt only: it is gone when the attempt is over. */
  readonly socket: string;
  /** For a test that knows states. */
  readonly states?: KnownStates | undefined;
}

export interface ErrorMessage {
  readonly message: string;
  readonly code: ErrorCode;
  readonly reason: string;
}

export function sendMessage(socket: Duplex, message: WorkerMessage | BrokerMessage): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** Hands over one message a line, until the socket ends. Both ends are ours, of one release: no schema is needed. */
export function onMessage<M extends WorkerMessage | BrokerMessage>(socket: Duplex, handle: (message: M) => void): void {
  // A socket that breaks ends its lines; whoever waits learns it from "close".
  socket.on("error", () => undefined);
  // The other end is this module.
  createInterface({ input: socket }).on("line", (line) => handle(JSON.parse(line) as M));
}

export function toMessage({ message, code, reason }: JumpstarterError): ErrorMessage {
  return { message, code, reason };
}

export function fromMessage({ message, code, reason }: ErrorMessage): JumpstarterError {
  return new JumpstarterError(message, { code, reason });
}
