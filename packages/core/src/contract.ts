import type { AnyDefinition } from "./definition.ts";
import type { ByteStreamMethod, Method, StreamingMethod, UnaryMethod } from "./method.ts";

export type Methods = Readonly<Record<string, Method>>;
export type Children = Readonly<Record<string, AnyDefinition>>;

/** What of a device is on the wire, stated once. Both sides take their types and their checks from it. */
export interface Contract<M extends Methods = Methods, Ch extends Children = Children> {
  /** One word for people: `power`. */
  readonly name: string;
  /** The upstream client class a report advertises: `jumpstarter_driver_power.client.PowerClient`. */
  readonly label: string;
  /** Other upstream client classes with the same methods, which this contract understands too. */
  readonly otherLabels: readonly string[];
  /** The upstream `type:` paths of exporter configurations that this contract answers to. */
  readonly types: readonly string[];
  /** By their names on the wire. */
  readonly methods: M;
  /** The children that a device of this kind always has, by name. */
  readonly children: Ch;
}

export type AnyContract = Contract;

export interface ContractOptions<M extends Methods, Ch extends Children> {
  readonly name: string;
  readonly label: string;
  readonly otherLabels?: readonly string[];
  readonly types?: readonly string[];
  readonly methods?: M;
  readonly children?: Ch;
}

/** The empty record, as what a contract without methods or children has. */
// eslint-disable-next-line typescript/no-empty-object-type -- {} is the identity of "has these members".
export type None = {};

export function contract<M extends Methods = None, Ch extends Children = None>({
  name,
  label,
  otherLabels = [],
  types = [],
  methods,
  children,
}: ContractOptions<M, Ch>): Contract<M, Ch> {
  // Without the option M and Ch are None, which is what {} is.
  return { name, label, otherLabels, types, methods: methods ?? ({} as M), children: children ?? ({} as Ch) };
}

export type UnaryName<C extends AnyContract> = NameOf<C, UnaryMethod>;
export type StreamingName<C extends AnyContract> = NameOf<C, StreamingMethod>;
export type ByteStreamName<C extends AnyContract> = NameOf<C, ByteStreamMethod>;

type NameOf<C extends AnyContract, Kind extends Method> = {
  [N in keyof C["methods"]]: C["methods"][N]["kind"] extends Kind["kind"] ? N : never;
}[keyof C["methods"]] &
  string;
