import type { Device } from "@jumpstarter-ts/client";
import {
  argument,
  contract,
  sink,
  source,
  streaming,
  unary,
  type CallOptions,
  type Remote,
} from "@jumpstarter-ts/core";

import { UsageError, type Command, type Input, type Parameter } from "../command.ts";
import { print, type Io } from "../io.ts";
import { withProgress } from "./flasher.ts";
import { anything, remoteOf } from "./raw-remote.ts";
import { showValue } from "./show-value.ts";
import { compressionOption, sinkOf, sourceOf } from "./transfer-options.ts";

const path = argument("path", anything);
const answer = { result: anything } as const;
const two = { arguments: [argument("source", anything), argument("target", anything)] } as const;
const presign = { arguments: [path, argument("expire_second", anything)], ...answer } as const;

const storage = contract({
  name: "storage",
  label: "jumpstarter_driver_opendal.client.OpendalClient",
  methods: {
    open: unary({ arguments: [path, argument("mode", anything)], ...answer }),
    file_read: unary({ arguments: [path, sink("dst")] }),
    file_write: unary({ arguments: [path, source("src")] }),
    file_close: unary({ arguments: [path] }),
    stat: unary({ arguments: [path], ...answer }),
    hash: unary({ arguments: [path, argument("algo", anything)], ...answer }),
    copy: unary(two),
    rename: unary(two),
    remove_all: unary({ arguments: [path] }),
    create_dir: unary({ arguments: [path] }),
    delete: unary({ arguments: [path] }),
    exists: unary({ arguments: [path], ...answer }),
    list: streaming({ arguments: [path], ...answer }),
    scan: streaming({ arguments: [path], ...answer }),
    presign_stat: unary(presign),
    presign_read: unary(presign),
    presign_write: unary(presign),
    capability: unary(answer),
  },
});

type StorageRemote = Remote<typeof storage>;

const pathParameter: Parameter = { name: "PATH", help: "In the storage" };
const sourceParameter: Parameter = { name: "SOURCE", help: "In the storage" };
const targetParameter: Parameter = { name: "TARGET", help: "In the storage" };
const localParameter = (name: string): Parameter => ({ name, help: "A file of this machine", complete: "files" });

export function storageCommands(device: Device): readonly Command[] {
  const remote = remoteOf(device, storage);
  const plain = (
    name: string,
    help: string,
    parameters: readonly Parameter[],
    work: (limited: StorageRemote, words: readonly [string, string], input: Input) => Promise<unknown>,
  ): Command => ({
    name,
    help,
    parameters,
    run: async (input, io) => {
      const [one = "", other = ""] = parameters.map((parameter) => input.word(parameter.name));
      showValue(io, await work(remote.with({ signal: io.signal }), [one, other], input));
    },
  });
  return [
    ...fileCommands(remote),
    plain("stat", "Tell size and kind of an entry", [pathParameter], (limited, [entry]) => limited.call("stat", entry)),
    {
      ...plain("hash", "Hash a file where it is", [pathParameter], (limited, [entry], input) =>
        limited.call("hash", entry, input.text("algo") ?? "sha256"),
      ),
      options: [{ name: "algo", value: "KIND", choices: ["md5", "sha256"], help: "sha256 by default" }],
    },
    plain("copy", "Copy a file", [sourceParameter, targetParameter], (limited, words) =>
      limited.call("copy", ...words),
    ),
    plain("rename", "Move an entry", [sourceParameter, targetParameter], (limited, words) =>
      limited.call("rename", ...words),
    ),
    plain("remove-all", "Remove an entry with all that is in it", [pathParameter], (limited, [entry]) =>
      limited.call("remove_all", entry),
    ),
    plain("create-dir", "Make a directory; its path ends in /", [pathParameter], (limited, [entry]) =>
      limited.call("create_dir", entry),
    ),
    plain("delete", "Remove a file or an empty directory", [pathParameter], (limited, [entry]) =>
      limited.call("delete", entry),
    ),
    {
      name: "exists",
      help: "Tell whether there is an entry, also as the exit code",
      parameters: [pathParameter],
      run: async (input, io) => {
        const isThere = (await remote.with({ signal: io.signal }).call("exists", input.word("PATH"))) === true;
        print(io, String(isThere));
        return isThere ? 0 : 1;
      },
    },
    lister("list", "List a directory", (entry, options) => remote.with(options).stream("list", entry)),
    lister("scan", "List a directory and all below it", (entry, options) => remote.with(options).stream("scan", entry)),
    ...(["stat", "read", "write"] as const).map((verb) => ({
      ...plain(
        `presign-${verb}`,
        `Make a request that anybody may send, to ${verb} an entry`,
        [pathParameter],
        (limited, [entry], input) => limited.call(`presign_${verb}`, entry, secondsOf(input)),
      ),
      options: [{ name: "expire-second", value: "SECONDS", help: "How long it is good for" }],
    })),
    plain("capability", "Tell what this storage can do", [], (limited) => limited.call("capability")),
  ];
}

function fileCommands(remote: StorageRemote): readonly Command[] {
  const write = (entry: string, from: Parameters<typeof sourceOf>[0], input: Input, io: Io): Promise<void> =>
    withProgress(io, "write", (options) =>
      withFile(remote, entry, "wb", options, (limited, fd) =>
        limited.call("file_write", fd, sourceOf(from, input, io)),
      ),
    );
  const read = (entry: string, to: string, input: Input, io: Io): Promise<void> =>
    withProgress(io, "read", (options) =>
      withFile(remote, entry, "rb", options, (limited, fd) => limited.call("file_read", fd, sinkOf(to, input, io))),
    );
  return [
    {
      name: "write-bytes",
      help: "Write stdin to a file",
      parameters: [pathParameter],
      run: (input, io) => write(input.word("PATH"), "-", input, io),
    },
    {
      name: "read-bytes",
      help: "Read a file to stdout",
      parameters: [pathParameter],
      run: (input, io) => read(input.word("PATH"), "-", input, io),
    },
    {
      name: "write-from-path",
      help: "Write a file from one of this machine, or from a URL that the exporter fetches",
      parameters: [{ name: "DST", help: "In the storage" }, localParameter("SRC")],
      options: [compressionOption],
      run: (input, io) => write(input.word("DST"), input.word("SRC"), input, io),
    },
    {
      name: "read-into-path",
      help: "Read a file into one of this machine",
      parameters: [{ name: "SRC", help: "In the storage" }, localParameter("DST")],
      options: [compressionOption],
      run: (input, io) => read(input.word("SRC"), input.word("DST"), input, io),
    },
  ];
}

/** Opens a file of the storage for one transfer, and closes it on every path. */
async function withFile(
  remote: StorageRemote,
  entry: string,
  mode: "rb" | "wb",
  options: CallOptions,
  work: (limited: StorageRemote, fd: unknown) => Promise<void>,
): Promise<void> {
  const fd = await remote.with(options).call("open", entry, mode);
  try {
    await work(remote.with(options), fd);
  } finally {
    await remote.with({ timeoutMs: 10_000 }).call("file_close", fd);
  }
}

function lister(
  name: string,
  help: string,
  list: (entry: string, options: CallOptions) => AsyncIterable<unknown>,
): Command {
  return {
    name,
    help,
    parameters: [{ ...pathParameter, isOptional: true }],
    run: async (input, io) => {
      for await (const entry of list(input.optionalWord("PATH") ?? "/", { signal: io.signal }))
        print(io, String(entry));
    },
  };
}

function secondsOf(input: Input): number {
  const text = input.text("expire-second");
  const seconds = Number(text);
  if (text !== undefined && Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new UsageError(
    `${input.called} needs --expire-second SECONDS, a whole number above 0${text === undefined ? "" : `, not ${JSON.stringify(text)}`}`,
  );
}
