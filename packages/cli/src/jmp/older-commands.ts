import { UsageError, type Command, type Input } from "../command.ts";
import {
  createClient,
  createExporter,
  deleteClient,
  deleteExporter,
  editExporter,
  listClients,
  listExporters,
  useClient,
} from "./config-commands.ts";
import { exporterAliases } from "./exporter-options.ts";
import { runOptions } from "./run-options.ts";
import { shellOptions } from "./shell-options.ts";

/** An exporter by the older words: its alias, or `-c FILE`. */
const which: Pick<Command, "parameters" | "options"> = {
  parameters: [{ name: "NAME", help: "Alias of the configuration", isOptional: true, complete: exporterAliases }],
  options: [{ name: "config", short: "c", value: "FILE", help: "File of the configuration", complete: "files" }],
};

/** The names that the project's first documents gave to commands. */
export const olderCommands: readonly Command[] = [
  {
    name: "client",
    help: "Older name of jmp config client",
    isHidden: true,
    commands: [
      createClient,
      deleteClient,
      { ...deleteClient, name: "delete-config", aliases: ["dc"] },
      listClients,
      { ...listClients, name: "list-configs", aliases: ["lc"] },
      useClient,
      { ...useClient, name: "use-config", aliases: ["uc"] },
      { ...createClient, name: "create-config", aliases: ["cc"] },
    ],
  },
  {
    name: "exporter",
    help: "Older name of jmp config exporter, jmp run and jmp shell",
    isHidden: true,
    commands: [
      createExporter,
      { ...createExporter, name: "create-config", aliases: ["cc"] },
      deleteExporter,
      { ...deleteExporter, name: "delete-config", aliases: ["dc"] },
      editExporter,
      { ...editExporter, name: "edit-config", aliases: ["ec"] },
      listExporters,
      { ...listExporters, name: "list-configs", aliases: ["lc"] },
      {
        name: "run",
        help: "Run an exporter until it is told to stop",
        parameters: which.parameters ?? [],
        options: [...(which.options ?? []), ...runOptions],
        run: async (input, io) => (await import("./run.ts")).run(renamed(input), io),
      },
      {
        name: "shell",
        help: "Open a shell that is connected to an exporter of this machine",
        parameters: which.parameters ?? [],
        options: [...(which.options ?? []), ...shellOptions.filter(({ name }) => name === "exporter-logs")],
        run: async (input, io) => (await import("./shell.ts")).shell(renamed(input), io),
      },
    ],
  },
];

/** The older words for an exporter as today's options. */
function renamed(input: Input): Input {
  const alias = input.optionalWord("NAME");
  const file = input.text("config");
  if (alias === undefined && file === undefined) {
    throw new UsageError(`${input.called} needs an exporter: give its NAME, or -c FILE`);
  }
  const values: Readonly<Record<string, string | undefined>> = { exporter: alias, "exporter-config": file };
  return {
    ...input,
    isSet: (option) => (option in values ? values[option] !== undefined : input.isSet(option)),
    text: (option) => (option in values ? values[option] : input.text(option)),
    words: (parameter) => (parameter === "COMMAND" ? [] : input.words(parameter)),
  };
}
