import type { Command, Option, Parameter } from "../command.ts";
import { outputOption, pathOption } from "../output.ts";
import { clientAliases, exporterAliases } from "./exporter-options.ts";

const identityOptions: readonly Option[] = [
  { name: "namespace", value: "NAME", help: "The namespace in the lab" },
  { name: "name", value: "NAME", help: "The name in the lab" },
  { name: "endpoint", short: "e", value: "HOST:PORT", help: "Where the lab's controller is" },
  { name: "token", short: "t", value: "TOKEN", help: "What the lab gave out" },
  { name: "insecure-tls", short: "k", help: "Do not check whom the lab's certificate is from" },
  { name: "nointeractive", help: "Ask nothing: what is missing is an error" },
  pathOption,
];

const clientAlias: Parameter = { name: "ALIAS", help: "The client's configuration", complete: clientAliases };
const exporterAlias: Parameter = {
  name: "ALIAS",
  help: "The exporter's configuration; default is the default",
  isOptional: true,
  complete: exporterAliases,
};

export const createClient: Command = {
  name: "create",
  help: "Write the configuration of a client; the first one becomes the current one",
  parameters: [{ name: "ALIAS", help: "What the configuration is called here" }],
  options: [
    ...identityOptions,
    { name: "allow", short: "a", value: "GLOBS", help: "Which drivers' clients may be loaded, separated by commas" },
    { name: "unsafe", help: "Load whatever client an exporter names" },
    { name: "out", value: "FILE", help: "Write to this file instead", complete: "files" },
  ],
  run: async (input, io) => (await import("./config-client.ts")).createClient(input, io),
};

export const deleteClient: Command = {
  name: "delete",
  help: "Delete the configuration of a client",
  parameters: [clientAlias],
  options: [pathOption],
  run: async (input, io) => (await import("./config-client.ts")).deleteClient(input, io),
};

export const useClient: Command = {
  name: "use",
  help: "Make a client the one that is used where none is named",
  parameters: [clientAlias],
  options: [pathOption],
  run: async (input, io) => (await import("./config-client.ts")).useClient(input, io),
};

export const listClients: Command = {
  name: "list",
  help: "List the configurations of clients",
  options: [outputOption],
  run: async (input, io) => (await import("./config-client.ts")).listClients(input, io),
};

export const createExporter: Command = {
  name: "create",
  help: "Write the configuration of an exporter",
  parameters: [exporterAlias],
  options: identityOptions,
  run: async (input, io) => (await import("./config-exporter.ts")).createExporter(input, io),
};

export const deleteExporter: Command = {
  name: "delete",
  help: "Delete the configuration of an exporter",
  parameters: [exporterAlias],
  options: [pathOption],
  run: async (input, io) => (await import("./config-exporter.ts")).deleteExporter(input, io),
};

export const editExporter: Command = {
  name: "edit",
  help: "Open the configuration of an exporter in $EDITOR",
  parameters: [exporterAlias],
  run: async (input, io) => (await import("./config-exporter.ts")).editExporter(input, io),
};

export const listExporters: Command = {
  name: "list",
  help: "List the configurations of exporters",
  options: [outputOption],
  run: async (input, io) => (await import("./config-exporter.ts")).listExporters(input, io),
};

export const configCommands: readonly Command[] = [
  {
    name: "client",
    help: "Manage the configurations of clients",
    commands: [createClient, deleteClient, useClient, listClients],
  },
  {
    name: "exporter",
    help: "Manage the configurations of exporters",
    commands: [createExporter, deleteExporter, editExporter, listExporters],
  },
];
