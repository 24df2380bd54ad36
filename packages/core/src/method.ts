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
export interface UnaryMethod<A extends Arguments = Arguments, R extends Schema | undefined = Schema | undefined> {
  readonly kind: "unary";
  readonly arguments: A;
  readonly result: R;
  readonly help: string | undefined;
  readonly isOptional: boolean;
}

/** A method that answers with any number of items. */
export interface StreamingMethod<A extends Arguments = Arguments, R extends Schema = Schema> {
  readonly kind: "streaming";
  readonly arguments: A;
  readonly result: R;
  readonly help: string | undefined;
  readonly isOptional: boolean;
}

/** A method that opens a byte stream. It takes no arguments: the wire has no place for them. */
export interface ByteStreamMethod {
  readonly kind: "bytes";
  /** True if every chunk is a message whose boundaries are kept (UDP, WebSocket). */
  readonly isDatagram: boolean;
  readonly help: string | undefined;
  readonly isOptional: boolean;
}

export type Method = UnaryMethod | StreamingMethod | ByteStreamMethod;

interface MethodOptions extends Help {
  /** True for a method that not every driver of this contract has: calling it may answer `unsupported`. */
  readonly isOptional?: boolean;
}

export function unary<const A extends Arguments = readonly [], R extends Schema | undefined = undefined>(
  options: MethodOptions & { readonly arguments?: A; readonly result?: R } = {},
): UnaryMethod<NoInfer<A>, NoInfer<R>> {
  return {
    kind: "unary",
    // Without the option A and R are their defaults, which is what these values are.
    arguments: (options.arguments ?? []) as Arguments as A,
    result: options.result as R,
    help: options.help,
    isOptional: options.isOptional ?? false,
  };
}

export function streaming<R extends Schema, const A extends Arguments = readonly []>(
  options: MethodOptions & { readonly arguments?: A; readonly result: R },
): StreamingMethod<NoInfer<A>, NoInfer<R>> {
  return {
    kind: "streaming",
    // As in unary().
    arguments: (options.arguments ?? []) as Arguments as A,
    result: options.result,
    help: options.help,
    isOptional: options.isOptional ?? false,
  };
}

export function byteStream(options: MethodOptions & { readonly isDatagram?: boolean } = {}): ByteStreamMethod {
  return {
    kind: "bytes",
    isDatagram: options.isDatagram ?? false,
    help: options.help,
    isOptional: options.isOptional ?? false,
  };
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
