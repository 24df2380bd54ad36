import type { Readable, Writable } from "node:stream";

import type { ResourceSink, ResourceSource } from "./resource.ts";
import type { InputOf, OutputOf, Schema } from "./schema.ts";

/** An argument that travels as a value. */
export interface ValueArgument<S extends Schema = Schema> {
  readonly kind: "value";
  readonly name: string;
  readonly schema: S;
  readonly help: string | undefined;
}

/** An argument that is a stream of bytes: the driver reads a `source` and writes a `sink`. */
export interface ResourceArgument<K extends "source" | "sink" = "source" | "sink"> {
  readonly kind: K;
  readonly name: string;
  readonly help: string | undefined;
}

export type Argument = ValueArgument | ResourceArgument;
export type Arguments = readonly Argument[];

interface Help {
  /** One line for the command line and for readers of the report. */
  readonly help?: string;
}

/** An argument by position; optional when its schema accepts `undefined`. */
export function argument<S extends Schema>(name: string, schema: S, { help }: Help = {}): ValueArgument<S> {
  return { kind: "value", name, schema, help };
}

/** An argument from which the driver reads the client's bytes: an image to flash. */
export function source(name: string, { help }: Help = {}): ResourceArgument<"source"> {
  return { kind: "source", name, help };
}

/** An argument to which the driver writes bytes for the client: a dump of the flash. */
export function sink(name: string, { help }: Help = {}): ResourceArgument<"sink"> {
  return { kind: "sink", name, help };
}

/** A method with one answer. Without a `result` schema it answers nothing. */
export interface UnaryMethod<
  A extends Arguments = Arguments,
  R extends Schema | undefined = Schema | undefined,
  Optional extends boolean = boolean,
> {
  readonly kind: "unary";
  readonly arguments: A;
  readonly result: R;
  readonly help: string | undefined;
  /** True for a method that not every driver of this contract has: calling it may answer `unsupported`. */
  readonly isOptional: Optional;
}

/** A method that answers with any number of items. */
export interface StreamingMethod<
  A extends Arguments = Arguments,
  R extends Schema = Schema,
  Optional extends boolean = boolean,
> {
  readonly kind: "streaming";
  readonly arguments: A;
  readonly result: R;
  readonly help: string | undefined;
  readonly isOptional: Optional;
}

/** A method that opens a byte stream. It takes no arguments: the wire has no place for them. */
export interface ByteStreamMethod<Optional extends boolean = boolean> {
  readonly kind: "bytes";
  /** True if every chunk is a message whose boundaries are kept (UDP, WebSocket). */
  readonly isDatagram: boolean;
  readonly help: string | undefined;
  readonly isOptional: Optional;
}

export type Method = UnaryMethod | StreamingMethod | ByteStreamMethod;

interface MethodOptions extends Help {
  readonly isOptional?: boolean;
}

export interface UnaryOptions extends MethodOptions {
  readonly arguments?: Arguments;
  readonly result?: Schema;
}

export interface StreamingOptions extends MethodOptions {
  readonly arguments?: Arguments;
  readonly result: Schema;
}

export interface ByteStreamOptions extends MethodOptions {
  readonly isDatagram?: boolean;
}

type ArgumentsOf<O> = O extends { readonly arguments: infer A extends Arguments } ? A : readonly [];
type ResultOf<O> = O extends { readonly result: infer R extends Schema } ? R : undefined;
type IsOptional<O> = O extends { readonly isOptional: true } ? true : false;

export function unary<const O extends UnaryOptions = UnaryOptions>(
  options?: O,
): UnaryMethod<ArgumentsOf<O>, ResultOf<O>, IsOptional<O>> {
  const method: UnaryMethod = { kind: "unary", arguments: [], result: undefined, ...common(options), ...options };
  // What the options leave out has the value that the conditional types above give it.
  return method as UnaryMethod<ArgumentsOf<O>, ResultOf<O>, IsOptional<O>>;
}

export function streaming<const O extends StreamingOptions>(
  options: O,
): StreamingMethod<ArgumentsOf<O>, O["result"], IsOptional<O>> {
  const method: StreamingMethod = { kind: "streaming", arguments: [], ...common(options), ...options };
  // As in unary().
  return method as StreamingMethod<ArgumentsOf<O>, O["result"], IsOptional<O>>;
}

export function byteStream<const O extends ByteStreamOptions = ByteStreamOptions>(
  options?: O,
): ByteStreamMethod<IsOptional<O>> {
  const method: ByteStreamMethod = { kind: "bytes", isDatagram: false, ...common(options), ...options };
  // As in unary().
  return method as ByteStreamMethod<IsOptional<O>>;
}

function common({ help, isOptional = false }: MethodOptions = {}): { help: string | undefined; isOptional: boolean } {
  return { help, isOptional };
}

/** What a caller passes for an argument. */
export type ClientArgument<A extends Argument> =
  A extends ValueArgument<infer S>
    ? InputOf<S>
    : A extends ResourceArgument<infer K>
      ? K extends "source"
        ? ResourceSource
        : ResourceSink
      : never;

/** What a driver receives for an argument. */
export type DriverArgument<A extends Argument> =
  A extends ValueArgument<infer S>
    ? OutputOf<S>
    : A extends ResourceArgument<infer K>
      ? K extends "source"
        ? Readable
        : Writable
      : never;

/** The caller's parameter list: an argument whose schema accepts `undefined` may be left out. */
export type ClientArguments<A extends Arguments> = A extends readonly [
  infer First extends Argument,
  ...infer Rest extends Arguments,
]
  ? undefined extends ClientArgument<First>
    ? [value?: ClientArgument<First>, ...rest: ClientArguments<Rest>]
    : [value: ClientArgument<First>, ...rest: ClientArguments<Rest>]
  : [];

/** The driver's parameter list, always as long as the contract says. */
export type DriverArguments<A extends Arguments> = { [I in keyof A]: DriverArgument<A[I]> };
