import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

import { findExporterFile, loadExporterConfig, type ExporterConfig } from "@jumpstarter-ts/config";

import type { Input } from "../command.ts";
import type { Io } from "../io.ts";
import { show, tableLines } from "../output.ts";
import { ask, mayAsk } from "./ask.ts";
import { openStore, report, warn } from "./config-client.ts";

export async function createExporter(input: Input, io: Io): Promise<void> {
  const alias = aliasOf(input);
  // A bench without a lab needs none of it.
  const answer = async (option: string, question: string): Promise<string | undefined> => {
    const given = input.text(option) ?? (mayAsk(input, io) ? await ask(io, `${question}: `) : undefined);
    return given === "" ? undefined : given;
  };
  const namespace = await answer("namespace", "Namespace of the exporter (default)");
  const name = await answer("name", `Name of the exporter (${alias})`);
  const endpoint = await answer("endpoint", "Endpoint of the lab, host:port (none)");
  const token = await answer("token", "Token of the exporter (none)");
  const file = await openStore(io).exporters.save(
    alias,
    {
      metadata: { name: name ?? alias, namespace: namespace ?? "default" },
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(token === undefined ? {} : { token }),
      tls: { insecure: input.isSet("insecure-tls") },
      export: {},
    },
    { create: true },
  );
  await report(
    input,
    io,
    file,
    `Exporter ${alias} is in ${file}. List its devices there: jmp config exporter edit ${alias}`,
  );
}

export async function deleteExporter(input: Input, io: Io): Promise<void> {
  const alias = aliasOf(input);
  const { file } = await openStore(io).exporters.remove(alias);
  await report(input, io, file, `Exporter ${alias} is deleted.`);
}

const editors = ["/usr/bin/editor", "/usr/bin/vi"];

/** Opens the file in the user's editor, and says what is wrong with what was written. */
export async function editExporter(input: Input, io: Io): Promise<void> {
  const file = findExporterFile(aliasOf(input), { cwd: io.cwd, env: io.env });
  const { VISUAL = "", EDITOR = "" } = io.env;
  const editor = [VISUAL, EDITOR].find((given) => given !== "") ?? editors.find((path) => existsSync(path));
  if (editor === undefined) {
    throw new Error(`there is no editor to open ${file} with: set EDITOR to the program that you edit files with`);
  }
  // As a shell would: EDITOR may have arguments.
  const { status, error } = spawnSync("sh", ["-c", `${editor} "$1"`, "sh", file], {
    stdio: "inherit",
    env: { ...io.env },
  });
  if (error !== undefined || status !== 0) {
    throw new Error(
      `the editor ${JSON.stringify(editor)} ended with ${status ?? String(error)}: ${file} may not be what you wrote`,
    );
  }
  await loadExporterConfig(file, { env: io.env });
}

export async function listExporters(input: Input, io: Io): Promise<void> {
  const entries = await openStore(io).exporters.list();
  for (const { problem } of entries) if (problem !== undefined) warn(io, problem.message);
  await show(input, io, {
    data: {
      apiVersion: "jumpstarter.dev/v1alpha1",
      items: entries.flatMap(({ alias, file, config }) =>
        config === undefined ? [] : [exporterItem(alias, file, config)],
      ),
      kind: "ExporterConfigList",
    },
    names: entries.map(({ alias }) => alias),
    lines: tableLines(
      ["ALIAS", "PATH"],
      entries.map(({ alias, file }) => [alias, file]),
    ),
  });
}

/** Upstream's shape, but for the token. */
function exporterItem(alias: string, path: string, config: ExporterConfig): unknown {
  const { metadata, endpoint, tls, grpcOptions, description, failureDetection } = config;
  return {
    alias,
    apiVersion: "jumpstarter.dev/v1alpha1",
    kind: "ExporterConfig",
    metadata: { namespace: metadata.namespace, name: metadata.name },
    endpoint: endpoint ?? null,
    tls,
    grpcOptions,
    description: description ?? null,
    export: config.export,
    hooks: { beforeLease: config.hooks.beforeLease ?? null, afterLease: config.hooks.afterLease ?? null },
    failureDetection: {
      maxRapidFailures: failureDetection.maxRapidFailures,
      rapidFailureWindow: failureDetection.rapidFailureWindowS,
    },
    path,
  };
}

function aliasOf(input: Input): string {
  return input.optionalWord("ALIAS") ?? "default";
}
