import type { ByteStream, CallOptions, Console } from "@jumpstarter-ts/core";

import type { Access } from "./access.ts";
import type { ReportNode } from "./report-tree.ts";
import type { Wire } from "./wire.ts";

/** A device whose driver package is not installed: its methods by their names on the wire, nothing checked. */
export interface UntypedClient {
  /** Calls a method that has one answer. Numbers arrive as doubles, bytes as text, "undefined" as null. */
  call(method: string, ...args: unknown[]): Promise<unknown>;
  /** Calls a method that answers with items; leaving the loop early ends the call. */
  stream(method: string, ...args: unknown[]): AsyncIterable<unknown>;
  /** Opens a byte stream; upstream's drivers call theirs `connect`. */
  open(method?: string): Promise<ByteStream>;
  /** The console that listens to a byte stream. */
  console(method?: string): Console;
  /** The same device with other options for the calls made through it. */
  with(options: CallOptions): UntypedClient;
}

export interface UntypedOptions {
  readonly wire: Wire;
  readonly access: Access;
  readonly node: ReportNode;
  readonly console: (method: string) => Console;
  readonly onCalled: (method: string) => void;
}

export function createUntypedClient(options: UntypedOptions, callOptions: CallOptions = {}): UntypedClient {
  const { wire, access, node, onCalled } = options;
  const { path } = node;
  const { uuid } = node.report;
  const sendable = (args: readonly unknown[]): readonly unknown[] => args.map((value) => value ?? null);
  return {
    call: (method, ...args) =>
      access.run({ path, method, kind: "unary", args }, callOptions, async (limits) => {
        const answer = await wire.call({ uuid, method, args: sendable(args) }, limits);
        onCalled(method);
        return answer;
      }),
    stream: (method, ...args) =>
      access.iterate({ path, method, kind: "streaming", args }, callOptions, (limits) =>
        wire.stream({ uuid, method, args: sendable(args) }, limits),
      ),
    open: (method = "connect") =>
      access.open({ path, method, kind: "bytes", args: [] }, callOptions, (limits) =>
        wire.openStream({ uuid, method }, limits),
      ),
    console: (method = "connect") => options.console(method),
    with: (more) => createUntypedClient(options, { ...callOptions, ...more }),
  };
}
