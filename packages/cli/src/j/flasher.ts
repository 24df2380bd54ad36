import type { Device } from "@jumpstarter-ts/client";
import {
  argument,
  contract,
  sink,
  source,
  unary,
  type CallOptions,
  type ResourceSink,
  type ResourceSource,
} from "@jumpstarter-ts/core";

import { UsageError, type Command, type Input } from "../command.ts";
import type { Io } from "../io.ts";
import { createProgressBar } from "./progress-bar.ts";
import { anything, remoteOf } from "./raw-remote.ts";
import { compressionOption, sinkOf, sourceOf } from "./transfer-options.ts";

const flasher = contract({
  name: "flasher",
  label: "jumpstarter_driver_opendal.client.FlasherClient",
  methods: {
    flash: unary({ arguments: [source("source"), argument("target", anything)] }),
    dump: unary({ arguments: [sink("target"), argument("partition", anything)] }),
  },
});

export function flasherCommands(device: Device): readonly Command[] {
  const remote = remoteOf(device, flasher);
  return transferCommands({
    flash: (image, target, options) => remote.with(options).call("flash", image, target),
    dump: (to, target, options) => remote.with(options).call("dump", to, target),
  });
}

export interface Transfers {
  flash(image: ResourceSource, target: string | undefined, options: CallOptions): Promise<void>;
  dump(to: ResourceSink, target: string | undefined, options: CallOptions): Promise<void>;
}

/** `flash` and `dump`, of whatever takes an image. */
export function transferCommands({ flash, dump }: Transfers): readonly Command[] {
  return [
    {
      name: "flash",
      help: "Write an image to the device",
      details:
        "FILE is a file, a URL that the exporter fetches, or - for stdin. Compressed images are unpacked on the way.",
      parameters: [{ name: "FILE", help: "The image", isOptional: true, complete: "files" }],
      options: [
        {
          name: "target",
          short: "t",
          value: "NAME:FILE",
          isRepeated: true,
          help: "Write the file to this part of the device",
        },
        compressionOption,
      ],
      run: async (input, io) => {
        for (const [target, file] of images(input)) {
          const what = target === undefined ? "flash" : `flash ${target}`;
          await withProgress(io, what, (options) => flash(sourceOf(file, input, io), target, options));
        }
      },
    },
    {
      name: "dump",
      help: "Read the device's content into a file",
      parameters: [{ name: "FILE", help: "The file; - for stdout", complete: "files" }],
      options: [{ name: "target", value: "NAME", help: "Which part of the device" }, compressionOption],
      run: (input, io) =>
        withProgress(io, "dump", (options) =>
          dump(sinkOf(input.word("FILE"), input, io), input.text("target"), options),
        ),
    },
  ];
}

function images(input: Input): readonly (readonly [string | undefined, string])[] {
  const file = input.optionalWord("FILE");
  const targets = input.texts("target");
  if (file !== undefined && targets.length > 0) {
    throw new UsageError(`${input.called} got both FILE and --target NAME:FILE: give one of them`);
  }
  if (file !== undefined) return [[undefined, file]];
  if (targets.length === 0) throw new UsageError(`${input.called} needs an image: ${input.called} FILE`);
  return targets.map((target) => {
    const colon = target.indexOf(":");
    if (colon > 0) return [target.slice(0, colon), target.slice(colon + 1)] as const;
    throw new UsageError(
      `--target of ${input.called} is ${JSON.stringify(target)}: write NAME:FILE, such as boot:boot.img`,
    );
  });
}

/** Runs a transfer with a progress bar on a terminal. */
export async function withProgress(io: Io, what: string, work: (options: CallOptions) => Promise<void>): Promise<void> {
  using bar = createProgressBar(io, what);
  await work({ signal: io.signal, onProgress: (progress) => bar.update(progress) });
}
