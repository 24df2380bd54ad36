import {
  JumpstarterError,
  validate,
  type AnyContract,
  type AnyDefinition,
  type CallOptions,
  type ClientOf,
  type Console,
  type Method,
  type Remote,
  type Schema,
} from "@jumpstarter-ts/core";

import type { Access, DeviceCall } from "./access.ts";
import { prepareArguments, withArguments } from "./call-arguments.ts";
import { nameOf } from "./call-error.ts";
import type { ReportNode } from "./report-tree.ts";
import type { Wire } from "./wire.ts";

export interface RemoteOptions {
  readonly wire: Wire;
  readonly access: Access;
  readonly node: ReportNode;
  readonly contract: AnyContract;
  /** The client of a child that the contract names. Throws `not-found` for one that is not there. */
  readonly childClient: (name: string) => unknown;
  /** The client of any child; undefined for a name that is not there. */
  readonly otherChild: <D extends AnyDefinition>(name: string, definition: D) => ClientOf<D> | undefined;
  readonly console: (method: string) => Console;
  /** Told of every call that succeeded. */
  readonly onCalled: (method: string) => void;
}

/** One device as its contract shows it. Arguments are checked before they leave, answers when they arrive. */
export function createRemote(options: RemoteOptions, callOptions: CallOptions = {}): Remote {
  const { wire, access, node, contract, childClient, onCalled } = options;
  const { uuid } = node.report;
  const callOf = (method: string, kind: Method["kind"], args: readonly unknown[]): DeviceCall => ({
    path: node.path,
    method,
    kind,
    args,
  });

  const remote = {
    path: node.path,
    labels: node.report.labels,
    description: node.report.description,
    children: childClients(Object.keys(contract.children), childClient),
    child: options.otherChild,
    async call(name: string, ...args: unknown[]): Promise<unknown> {
      const call = callOf(name, "unary", args);
      const method = methodOf(contract, name, "unary");
      return access.run(call, callOptions, async (limits) => {
        const prepared = await prepareArguments(method, args, nameOf(call));
        const send = { ...limits, wire, uuid, args: prepared, onProgress: callOptions.onProgress };
        const answer = await withArguments(send, (values, callLimits) =>
          wire.call({ uuid, method: name, args: values }, callLimits),
        );
        onCalled(name);
        return method.result === undefined ? undefined : checkAnswer(method.result, answer, nameOf(call));
      });
    },
    async *stream(name: string, ...args: unknown[]): AsyncIterable<unknown> {
      const call = callOf(name, "streaming", args);
      const method = methodOf(contract, name, "streaming");
      yield* access.iterate(call, callOptions, async function* (limits) {
        const prepared = await prepareArguments(method, args, nameOf(call));
        const values = prepared.map((argument) => {
          if (argument.kind === "value") return argument.value;
          throw new JumpstarterError(`${nameOf(call)} takes a resource, which only a call with one answer can`, {
            code: "unsupported",
            reason: "RESOURCE_IN_STREAM",
          });
        });
        for await (const item of wire.stream({ uuid, method: name, args: values }, limits)) {
          yield await checkAnswer(method.result, item, nameOf(call));
        }
      });
    },
    open(name: string) {
      methodOf(contract, name, "bytes");
      return access.open(callOf(name, "bytes", []), callOptions, (limits) =>
        wire.openStream({ uuid, method: name }, limits),
      );
    },
    console: (name: string) => {
      methodOf(contract, name, "bytes");
      return options.console(name);
    },
    with: (more: CallOptions) => createRemote(options, { ...callOptions, ...more }),
  };
  return remote;
}

function methodOf<K extends Method["kind"]>(
  contract: AnyContract,
  name: string,
  kind: K,
): Extract<Method, { readonly kind: K }> {
  const method = Object.hasOwn(contract.methods, name) ? contract.methods[name] : undefined;
  // The kind was compared, which is what tells the members of the union apart.
  if (method?.kind === kind) return method as Extract<Method, { readonly kind: K }>;
  const seen = method === undefined ? "has no such method" : `has it as a ${method.kind} method`;
  throw new JumpstarterError(`${contract.name}.${name} is no ${kind} method: the contract ${seen}`, {
    code: "invalid-argument",
    reason: "METHOD_NOT_IN_CONTRACT",
  });
}

function childClients(names: readonly string[], childClient: (name: string) => unknown): Record<string, unknown> {
  const clients: Record<string, unknown> = {};
  for (const name of names) Object.defineProperty(clients, name, { get: () => childClient(name), enumerable: true });
  return clients;
}

/** The wire has only null: where the schema knows "left out" and not null, it is meant by it. */
async function checkAnswer(schema: Schema, answer: unknown, what: string): Promise<unknown> {
  const candidates = answer === null ? [null, undefined] : [answer];
  let failure: unknown;
  for (const candidate of candidates) {
    try {
      return await validate(schema, candidate, `the answer`);
    } catch (cause) {
      failure ??= cause;
    }
  }
  const said = failure instanceof Error ? failure.message : String(failure);
  throw new JumpstarterError(`${what} did not answer as its contract says: ${said}; it sent ${excerpt(answer)}`, {
    code: "internal",
    reason: "ANSWER_INVALID",
    cause: failure,
  });
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
