import type { Command } from "../command.ts";
import { outputOption } from "../output.ts";
import { configCommands } from "./config-commands.ts";
import { exporterOptions, logLevelOption } from "./exporter-options.ts";
import { labCommands } from "./lab-commands.ts";
import { olderCommands } from "./older-commands.ts";
import { runOptions } from "./run-options.ts";
import { shellOptions, shellParameters } from "./shell-options.ts";

/** The whole tree of `jmp`. What a command does is loaded where it is called. */
export const jmp: Command = {
  name: "jmp",
  help: "Jumpstarter: hardware tests that read like unit tests",
  options: [logLevelOption],
  commands: [
    {
      name: "shell",
      aliases: ["sh", "s"],
      help: "Open a shell, or run a command, that is connected to an exporter",
      details: `jmp shell --exporter-config bench.yaml -- npx vitest
jmp shell --tls-grpc bench.example:1234

With a local exporter, its drivers are opened for as long as the shell lasts. The exit code is the command's own.`,
      options: [...exporterOptions, ...shellOptions],
      parameters: shellParameters,
      run: async (input, io) => (await import("./shell.ts")).shell(input, io),
    },
    {
      name: "run",
      help: "Run an exporter until it is told to stop",
      options: [...exporterOptions, ...runOptions],
      run: async (input, io) => (await import("./run.ts")).run(input, io),
    },
    {
      name: "config",
      aliases: ["conf"],
      help: "Manage the configurations of clients and exporters",
      commands: configCommands,
    },
    {
      name: "driver",
      help: "Tell about drivers",
      options: [logLevelOption],
      commands: [
        {
          name: "list",
          aliases: ["ls", "l"],
          help: "List the drivers of the installed packages",
          options: [outputOption],
          run: async (input, io) => (await import("./driver-list.ts")).listDrivers(input, io),
        },
        {
          name: "version",
          aliases: ["ver", "v"],
          help: "Tell the version",
          options: [outputOption],
          run: async (input, io) => (await import("./version.ts")).version(input, io),
        },
      ],
    },
    {
      name: "suggest",
      help: "Print an exporter's configuration for what is attached to this machine",
      details: "Looks at the serial ports and at the USB devices that a driver knows. Nothing is opened.",
      run: async (_, io) => (await import("./suggest.ts")).printSuggestion(io),
    },
    {
      name: "completion",
      help: "Print what makes a shell complete the words of jmp and j",
      details: `bash: eval "$(jmp completion bash)"
zsh:  eval "$(jmp completion zsh)"
fish: jmp completion fish | source`,
      parameters: [{ name: "SHELL", choices: ["bash", "zsh", "fish"] }],
      run: async (input, io) => (await import("../completion-scripts.ts")).printCompletionScript(input, io),
    },
    {
      name: "version",
      aliases: ["ver", "v"],
      help: "Tell the version",
      options: [outputOption],
      run: async (input, io) => (await import("./version.ts")).version(input, io),
    },
    ...labCommands,
    ...olderCommands,
  ],
};
