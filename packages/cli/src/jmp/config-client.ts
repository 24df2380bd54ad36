import { createConfigStore, type ClientConfig, type ConfigStore } from "@jumpstarter-ts/config";

import type { Input } from "../command.ts";
import { paint, print, tell, type Io } from "../io.ts";
import { show, tableLines } from "../output.ts";
import { ask, mayAsk, need } from "./ask.ts";

export async function createClient(input: Input, io: Io): Promise<void> {
  const store = openStore(io);
  const alias = input.word("ALIAS");
  const namespace = await need(input, io, "namespace", "Namespace of the client");
  const name = await need(input, io, "name", "Name of the client");
  const endpoint = await need(input, io, "endpoint", "Endpoint of the lab (host:port)");
  const token = await need(input, io, "token", "Token of the client");
  const unsafe = input.isSet("unsafe");
  const asked = unsafe || input.isSet("allow") || !mayAsk(input, io);
  const allow = asked
    ? input.text("allow")
    : await ask(io, "Drivers that may be loaded (globs, separated by commas; none): ");
  const file = await store.clients.save(
    input.text("out") ?? alias,
    {
      metadata: { name, namespace },
      endpoint,
      token,
      tls: { insecure: input.isSet("insecure-tls") },
      drivers: { allow: splitList(allow ?? ""), unsafe },
    },
    { create: true },
  );
  if (!input.isSet("out") && (await store.user.load()).currentClient === undefined) await store.user.useClient(alias);
  await report(input, io, file, `Client ${alias} is in ${file}.`);
}

export async function deleteClient(input: Input, io: Io): Promise<void> {
  const alias = input.word("ALIAS");
  const { file, currentClient } = await openStore(io).clients.remove(alias);
  const current =
    currentClient === undefined ? "There is no current client." : `The current client is ${currentClient}.`;
  await report(input, io, file, `Client ${alias} is deleted. ${current}`);
}

export async function useClient(input: Input, io: Io): Promise<void> {
  const store = openStore(io);
  const alias = input.word("ALIAS");
  await store.user.useClient(alias);
  await report(input, io, store.clients.fileOf(alias), `The current client is ${alias}.`);
}

export async function listClients(input: Input, io: Io): Promise<void> {
  const store = openStore(io);
  const { currentClient } = await store.user.load();
  const entries = await store.clients.list();
  for (const { problem } of entries) if (problem !== undefined) warn(io, problem.message);
  const readable = entries.flatMap(({ config, ...entry }) => (config === undefined ? [] : [{ ...entry, config }]));
  await show(input, io, {
    data: {
      apiVersion: "jumpstarter.dev/v1alpha1",
      currentConfig: currentClient ?? null,
      items: readable.map(({ alias, file, config }) => clientItem(alias, file, config)),
      kind: "ClientConfigList",
    },
    names: entries.map(({ alias }) => alias),
    lines: tableLines(
      ["CURRENT", "ALIAS", "ENDPOINT", "PATH"],
      entries.map(({ alias, file, config, problem }) => [
        alias === currentClient ? "*" : "",
        alias,
        problem === undefined ? (config.endpoint ?? "") : "(not valid)",
        file,
      ]),
    ),
  });
}

/** Upstream's shape, but for the tokens: a listing is pasted into tickets. */
function clientItem(alias: string, path: string, config: ClientConfig): unknown {
  return {
    alias,
    path,
    apiVersion: "jumpstarter.dev/v1alpha1",
    kind: "ClientConfig",
    metadata: { namespace: config.metadata.namespace ?? null, name: config.metadata.name },
    endpoint: config.endpoint ?? null,
    tls: {
      ca: config.tls.ca === undefined ? "" : Buffer.from(config.tls.ca).toString("base64"),
      insecure: config.tls.insecure,
    },
    grpcOptions: config.grpcOptions,
    drivers: config.drivers,
    shell: { use_profiles: config.shell.useProfiles },
    leases: { acquisition_timeout: config.leases.acquisitionTimeoutS, retry_timeout: config.leases.retryTimeoutS },
  };
}

export function openStore(io: Io): ConfigStore {
  return createConfigStore({ env: io.env, cwd: io.cwd, onWarning: (sentence) => warn(io, sentence) });
}

/** The path for programs, a sentence for people. */
export async function report(input: Input, io: Io, file: string, sentence: string): Promise<void> {
  if (input.text("output") === "path") print(io, file);
  else tell(io, sentence);
}

export function warn(io: Io, sentence: string): void {
  tell(io, `${paint(io, io.stderr, "yellow", "Warning:")} ${sentence}`);
}

function splitList(text: string): readonly string[] {
  return text.split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]));
}
