import type { ByteStream } from "./byte-stream.ts";
import type { AnyContract } from "./contract.ts";
import type { AnyDefinition, DriverDefinition } from "./definition.ts";
import type { Logger } from "./logger.ts";
import type { ByteStreamMethod, DriverArguments, StreamingMethod, UnaryMethod } from "./method.ts";
import { validate, type InputOf, type OutputOf, type Schema } from "./schema.ts";
import type { Scope } from "./scope.ts";

/** What a driver is told about one call; always the last parameter. */
export interface CallContext {
  /** Aborted when the caller gives up, vanishes, or the session ends. */
  readonly signal: AbortSignal;
}

type Awaitable<T> = T | PromiseLike<T>;

/** What a driver does for one method of its contract. */
export type DriverMethod<M> =
  M extends UnaryMethod<infer A, infer R>
    ? (...args: [...DriverArguments<A>, context: CallContext]) => Awaitable<R extends Schema ? InputOf<R> : void>
    : M extends StreamingMethod<infer A, infer R>
      ? (...args: [...DriverArguments<A>, context: CallContext]) => AsyncIterable<InputOf<R>>
      : M extends ByteStreamMethod
        ? (context: CallContext) => Awaitable<ByteStream>
        : never;

type OptionalName<C extends AnyContract> = {
  [N in keyof C["methods"]]: true extends C["methods"][N]["isOptional"] ? N : never;
}[keyof C["methods"]];

/** A plain record of functions, one a method of the contract, by their names on the wire. */
export type DriverMethods<C extends AnyContract> = {
  readonly [N in Exclude<keyof C["methods"], OptionalName<C>>]: DriverMethod<C["methods"][N]>;
} & { readonly [N in OptionalName<C>]?: DriverMethod<C["methods"][N]> };

/** A device that is open and can be called. */
export interface ServedDriver {
  readonly contract: AnyContract;
  /** By name on the wire. Each takes what its contract says, checked, and a {@link CallContext}. */
  readonly methods: Readonly<Record<string, ((...args: never[]) => unknown) | undefined>>;
  readonly children: Readonly<Record<string, ServedDriver>>;
  readonly description: string | undefined;
  readonly methodsDescription: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ServeOptions {
  readonly children?: Readonly<Record<string, ServedDriver>>;
  readonly description?: string;
  /**
   * Help texts beside those of the contract, under names that the report gives as they are: for commands that a client
   * makes of what the device's options list. Those of the exporter's configuration win.
   */
  readonly methodsDescription?: Readonly<Record<string, string>>;
  /** Added to the labels of the device's report. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A device from its methods: for the children that a driver makes by itself, and for what an implementation returns. */
export function serve<C extends AnyContract>(
  definition: DriverDefinition<C, never> | (AnyDefinition & { readonly contract: C }),
  methods: DriverMethods<C>,
  { children = {}, description, methodsDescription = {}, labels = {} }: ServeOptions = {},
): ServedDriver {
  // DriverMethods<C> is a record of functions; what each takes is checked against the contract at every call.
  return { contract: definition.contract, methods, children, description, methodsDescription, labels };
}

/** What an implementation is given while it opens. Whatever it opens it hands to this scope. */
export interface DriverScope extends Scope {
  readonly log: Logger;
  /** The directory of the exporter's configuration file: what relative paths in options start from. */
  readonly baseDirectory: string;
  /** The children that the exporter's configuration lists, already open. */
  readonly children: Readonly<Record<string, ServedDriver>>;
}

/** The code that drives the hardware, loaded only by an exporter. */
export interface Implementation {
  readonly contract: AnyContract;
  readonly options: Schema;
  /** Checks the options and opens the device. Throws `invalid-argument` for options that the schema refuses. */
  open(options: unknown, scope: DriverScope): Promise<ServedDriver>;
}

/**
 * Implements a definition. `open` receives options that the strict schema has accepted, and returns the record of
 * methods; or, where it has more to say (children, labels), what {@link serve} makes of them.
 */
export function implement<C extends AnyContract, O extends Schema>(
  definition: AnyDefinition & { readonly contract: C },
  options: O,
  open: (options: OutputOf<O>, scope: DriverScope) => Awaitable<DriverMethods<C> | ServedDriver>,
): Implementation {
  return {
    contract: definition.contract,
    options,
    async open(given, scope) {
      const checked = await validate(options, given, `the configuration of ${scope.name}`);
      const opened = await open(checked, scope);
      return isServed(opened) ? opened : serve(definition, opened, { children: scope.children });
    },
  };
}

export interface OpenChildOptions {
  /** As under `config:` in an exporter's YAML; what is left out has the child's own default. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly children?: Readonly<Record<string, ServedDriver>>;
}

/**
 * Opens a driver that is part of another: the storage of a web server, the console of a virtual machine. It closes with
 * its parent. Hand what it returns to {@link serve} as a child.
 */
export function openChild(
  scope: DriverScope,
  name: string,
  implementation: Implementation,
  { options = {}, children = {} }: OpenChildOptions = {},
): Promise<ServedDriver> {
  const { log, baseDirectory } = scope;
  return implementation.open(options, { ...scope.child(name), log, baseDirectory, children });
}

function isServed(value: object): value is ServedDriver {
  return "contract" in value && typeof value.contract === "object";
}
