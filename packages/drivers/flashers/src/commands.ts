import type { CommandInput, CommandIo, DeviceCommand, ProgressDisplay } from "@jumpstarter-ts/core";

import type { NetworkFlasherClient } from "./client.ts";
import type { NetworkFlashOptions, NetworkFlashProgress } from "./flash.ts";
import { flashError } from "./flash-error.ts";

/** `j flasher flash build/disk.img.xz --target emmc`. */
export const flasherCommands: readonly DeviceCommand<NetworkFlasherClient>[] = [
  {
    name: "flash",
    help: "Write an image to the board, through a system that it boots over the network",
    details: `j flasher flash disk.img.xz
j flasher flash disk.img.xz --target emmc
j flasher flash --target emmc -t boot:boot.img -t rootfs:rootfs.img

FILE is a file of this machine, an http(s) URL that the board fetches, or oci://.`,
    parameters: [{ name: "FILE", help: "The image", isOptional: true, complete: "files" }],
    options: [
      {
        name: "target",
        value: "DEVICE",
        help: "The device on the board, by the bundle's name; its default if left out",
      },
      {
        name: "partition",
        short: "t",
        value: "NAME:FILE",
        isRepeated: true,
        help: "Write the file to the partition with this label",
      },
      { name: "force-exporter-http", help: "Have the exporter fetch a URL for the board" },
      { name: "force-flash-bundle", value: "REFERENCE", help: "Take another flasher bundle than the lab's" },
      { name: "cacert", value: "FILE", help: "Certificates to trust (PEM); the lab's if left out", complete: "files" },
      { name: "insecure-tls", short: "k", help: "Do not look at certificates" },
      { name: "header", value: "NAME:VALUE", isRepeated: true, help: "Have the board send this with its requests" },
      { name: "bearer", value: "TOKEN", help: "Have the board send this token" },
      { name: "retries", value: "COUNT", help: "After failures that may pass; 3 if left out" },
      { name: "method", value: "METHOD", choices: ["fls", "shell"], help: "How the board writes; fls if left out" },
      { name: "fls-binary-url", value: "URL", help: "Where the board gets fls from" },
      { name: "power-off", help: "Switch the board off in the end, as it does anyway" },
      { name: "no-power-off", help: "Let the board start what was written" },
    ],
    run: async (client, input, io) => {
      const options = { ...flashOptions(input), signal: io.signal };
      const images = imagesOf(input);
      for (const [index, [partition, file]] of images.entries()) {
        const isLast = index === images.length - 1;
        const isPoweredOff = !isLast || !input.isSet("no-power-off");
        const target = partition === undefined ? {} : { target: partition };
        await using flashing = client.flash(file, { ...options, ...target, isPoweredOff });
        await show(flashing, partition === undefined ? "flash" : `flash ${partition}`, io);
        const report = await flashing;
        io.stderr.write(`${file} is on ${report.target}\n`);
      }
    },
  },
];

/** Each with the partition that it goes to, if it is not for a whole device. */
function imagesOf(input: CommandInput): readonly (readonly [string | undefined, string])[] {
  const file = input.optionalWord("FILE");
  const partitions = input.texts("partition");
  if (file !== undefined && partitions.length === 0) return [[undefined, file]];
  if (file !== undefined) throw badOption(`${input.called} got both FILE and -t NAME:FILE: give one of them`);
  if (partitions.length === 0) throw badOption(`${input.called} needs an image: ${input.called} FILE`);
  return partitions.map((each) => splitAtColon(each, "-t", "boot:boot.img"));
}

function flashOptions(input: CommandInput): NetworkFlashOptions {
  const { text, isSet, called } = input;
  const given = {
    blockDevice: text("target"),
    bundle: text("force-flash-bundle"),
    certificatesFile: text("cacert"),
    flsUrl: text("fls-binary-url"),
    method: (["fls", "shell"] as const).find((method) => method === text("method")),
  };
  const retries = text("retries") ?? "3";
  if (!/^\d{1,6}$/.test(retries)) {
    throw badOption(`--retries of ${called} is ${JSON.stringify(retries)}: it is a number, from 0`);
  }
  return {
    // What was not given is left to the flash, and to the lab.
    ...definedOf(given),
    retries: Number(retries),
    isThroughExporter: isSet("force-exporter-http"),
    isInsecureTls: isSet("insecure-tls"),
    headers: headersOf(input),
  };
}

function headersOf({ texts, text }: CommandInput): Readonly<Record<string, string>> {
  const headers = texts("header").map((each) => splitAtColon(each, "--header", "'Accept: text/plain'"));
  const names = headers.map(([name]) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw badOption(`the header ${twice} is given twice`);
  const token = text("bearer")?.trim();
  if (token !== undefined && !/^[!#-[\]-~]{1,4096}$/.test(token)) {
    throw badOption("--bearer is no token that can be sent: up to 4096 letters, digits and signs without spaces");
  }
  // As upstream: a header of that name wins.
  const isTold = token === undefined || names.includes("authorization");
  return { ...Object.fromEntries(headers), ...(isTold ? {} : { Authorization: `Bearer ${token}` }) };
}

function splitAtColon(text: string, option: string, example: string): readonly [string, string] {
  const colon = text.indexOf(":");
  const [name, value] = [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  if (colon > 0 && name !== "" && value !== "") return [name, value];
  throw badOption(`${option} is ${JSON.stringify(text)}: write it as ${example}`);
}

/** A line for each step, and a bar while a file goes to the exporter. */
async function show(flashing: AsyncIterable<NetworkFlashProgress>, what: string, io: CommandIo): Promise<void> {
  let bar: ProgressDisplay | undefined;
  try {
    for await (const progress of flashing) {
      if (progress.upload !== undefined) {
        (bar ??= io.progress(what)).update(progress.upload);
        continue;
      }
      bar?.[Symbol.dispose]();
      bar = undefined;
      const sentence = sentenceOf(progress);
      if (sentence !== undefined) io.stderr.write(`${what}: ${sentence}\n`);
    }
  } finally {
    bar?.[Symbol.dispose]();
  }
}

/** `done` is said with what came of it. */
function sentenceOf({ phase, attempt, failure = "" }: NetworkFlashProgress): string | undefined {
  const again = attempt === 1 ? "" : `, attempt ${attempt}`;
  const sentences: { readonly [Phase in typeof phase]?: string } = {
    preparing: "preparing the bundle and the servers",
    booting: `booting the board over the network${again}`,
    writing: `the board writes the image${again}`,
    waiting: `trying again soon: ${failure}`,
  };
  return sentences[phase];
}

function definedOf<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // Only what is undefined is left out.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}

function badOption(sentence: string): Error {
  return flashError("FLASH_BAD_OPTION", sentence);
}
