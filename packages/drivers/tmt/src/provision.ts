export interface Guest {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly rebootCommand: string;
}

/** Words that begin another section of a command line of tmt. */
const sections: ReadonlySet<string> = new Set(
  "discover provision prepare execute report finish cleanup login reboot plan plans test run".split(" "),
);

/**
 * The command line with the guest to run on: in the place of its `provision` section, or at the end of one that runs
 * something. A command line that runs nothing stays as it is.
 */
export function withGuest(args: readonly string[], guest: Guest): readonly string[] {
  const provision = [
    "provision",
    "-h",
    "connect",
    "-g",
    guest.host,
    "-P",
    String(guest.port),
    ...(guest.username === "" ? [] : ["-u", guest.username]),
    ...(guest.password === "" ? [] : ["-p", guest.password]),
    ...(guest.rebootCommand === "" ? [] : ["--feeling-safe", "--hard-reboot", guest.rebootCommand]),
  ];
  const start = args.indexOf("provision");
  if (start < 0) return args.includes("run") ? [...args, ...provision] : args;
  const next = args.findIndex((word, index) => index > start && sections.has(word));
  return [...args.slice(0, start), ...provision, ...(next < 0 ? [] : args.slice(next))];
}
