import type { ByteStream } from "./byte-stream.ts";
import type { Console } from "./console.ts";
import type { AnyContract, ByteStreamName, StreamingName, UnaryName } from "./contract.ts";
import type { AnyDefinition, ClientOf } from "./definition.ts";
import type { ClientArguments, StreamingMethod, UnaryMethod } from "./method.ts";
import type { Progress } from "./resource.ts";
import type { OutputOf, Schema } from "./schema.ts";

export interface CallOptions {
  /** Ends the call with `cancelled`. */
  readonly signal?: AbortSignal;
  /** Milliseconds for a call; for a stream, until it is open. No limit by default. */
  readonly timeoutMs?: number;
  /** Told how far the transfer of a resource argument is. */
  readonly onProgress?: (progress: Progress) => void;
}

/** One device of a session as its contract shows it: the only thing a driver's client talks to. */
export interface Remote<C extends AnyContract = AnyContract> {
  /** Dotted from the root of the session: `grp.power`. */
  readonly path: string;
  /** As reported, `jumpstarter.dev/…` among them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly description: string | undefined;
  /** The clients of the children that the contract names. */
  readonly children: { readonly [N in keyof C["children"]]: ClientOf<C["children"][N]> };
  /**
   * The client of a child that the contract does not promise: one that only some devices of this kind have, or whose
   * name the exporter's configuration chose. Undefined where there is none of this name. Throws `failed-precondition`
   * (`DEVICE_KIND_MISMATCH`) for one of another kind.
   */
  child<D extends AnyDefinition>(name: string, definition: D): ClientOf<D> | undefined;
  /** Calls a method that has one answer. Arguments and the answer are checked against the contract. */
  call<N extends UnaryName<C>>(method: N, ...args: MethodArguments<C, N>): Promise<UnaryResult<C["methods"][N]>>;
  /** Calls a method that answers with items; leaving the loop early ends the call. */
  stream<N extends StreamingName<C>>(
    method: N,
    ...args: MethodArguments<C, N>
  ): AsyncIterable<StreamingResult<C["methods"][N]>>;
  /** Opens a byte stream; resolves when the exporter has opened its side. */
  open<N extends ByteStreamName<C>>(method: N): Promise<ByteStream>;
  /**
   * The console that listens to a byte stream of the device. The stream is opened at the first use and recorded from
   * then on, or from the start of the lease where a broker records it.
   */
  console(method: ByteStreamName<C>): Console;
  /** The same device with other options for the calls made through it. */
  with(options: CallOptions): Remote<C>;
}

export type MethodArguments<C extends AnyContract, N extends keyof C["methods"]> = C["methods"][N] extends
  UnaryMethod<infer A> | StreamingMethod<infer A>
  ? ClientArguments<A>
  : [];

export type UnaryResult<M> = M extends { readonly kind: "unary"; readonly result: infer R }
  ? R extends Schema
    ? OutputOf<R>
    : void
  : never;

export type StreamingResult<M> = M extends { readonly kind: "streaming"; readonly result: infer R extends Schema }
  ? OutputOf<R>
  : never;
