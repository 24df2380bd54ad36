import { JumpstarterError } from "@jumpstarter-ts/core";

/** Options of ssh that only say how to reach a device and how to log in: what a lab may ask for on our machine. */
const harmlessFlags: ReadonlySet<string> = new Set("-4 -6 -a -C -k -n -q -T -t -tt -v -x".split(" "));
const harmlessValues: ReadonlySet<string> = new Set("-b -c -e -l -m -p".split(" "));
const harmlessSettings: ReadonlySet<string> = new Set(
  [
    "AddressFamily BatchMode CheckHostIP Ciphers Compression ConnectionAttempts ConnectTimeout GSSAPIAuthentication",
    "HashKnownHosts HostbasedAuthentication HostKeyAlgorithms HostKeyAlias IdentitiesOnly",
    "KbdInteractiveAuthentication KexAlgorithms LogLevel MACs NumberOfPasswordPrompts PasswordAuthentication Port",
    "PreferredAuthentications PubkeyAcceptedAlgorithms PubkeyAcceptedKeyTypes PubkeyAuthentication RekeyLimit",
    "RequestTTY ServerAliveCountMax ServerAliveInterval StrictHostKeyChecking TCPKeepAlive UpdateHostKeys User",
    "VerifyHostKeyDNS",
  ]
    .join(" ")
    .toLowerCase()
    .split(" "),
);

/**
 * The command that the exporter says ssh is started with, as words. It runs here, on the test author's machine, so only
 * `ssh` with options that run nothing else is taken. Throws `permission-denied` (`SSH_COMMAND_REFUSED`).
 */
export function readSshCommand(command: string, path: string): readonly [string, ...string[]] {
  const [program, ...options] = splitWords(command);
  if (program !== "ssh") throw refused(command, path, program ?? "an empty command");
  for (let index = 0; index < options.length; index++) {
    const option = options[index] ?? "";
    if (harmlessFlags.has(option)) continue;
    const isJoined = option.startsWith("-o") && option !== "-o";
    const value = isJoined ? option.slice(2) : (options[++index] ?? "");
    const isHarmless = option.startsWith("-o") ? isHarmlessSetting(value) : harmlessValues.has(option);
    if (!isHarmless) throw refused(command, path, option.startsWith("-o") ? `-o ${value}` : option);
  }
  return ["ssh", ...options];
}

function isHarmlessSetting(setting: string): boolean {
  const [, key = "", value = ""] = /^\s*([A-Za-z0-9]+)[\s=]+"?([^"]*)"?\s*$/.exec(setting) ?? [];
  // ssh appends to this file what it meets.
  if (/^(user|global)knownhostsfile$/i.test(key)) return value === "/dev/null" || value === "none";
  return harmlessSettings.has(key.toLowerCase());
}

/** A command line as a shell reads it, without expansions: quotes, double quotes and backslashes. */
export function splitWords(line: string): readonly string[] {
  const word = /(?:[^\s"'\\]|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*")+/g;
  return (line.match(word) ?? []).map((found) =>
    found.replaceAll(/\\([^])|'([^']*)'|"((?:[^"\\]|\\[^])*)"/g, (_all, escaped, single, double) => {
      if (typeof double === "string") return double.replaceAll(/\\(["\\$`])/g, "$1");
      return String(escaped ?? single);
    }),
  );
}

/** One word for a POSIX shell, whatever is in it. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

const flagsWithValue: ReadonlySet<string> = new Set(
  "-B -b -c -D -E -e -F -I -i -J -L -l -m -O -o -P -p -Q -R -S -W -w".split(" "),
);
const flags: ReadonlySet<string> = new Set(
  "-4 -6 -A -a -C -f -G -g -K -k -M -N -n -q -s -T -t -V -v -X -x -Y -y".split(" "),
);

/** Tells the options of ssh from the command that follows them: `-v -p 22 ls -l` is `-v -p 22` and `ls -l`. */
export function splitSshArguments(args: readonly string[]): {
  readonly sshOptions: readonly string[];
  readonly command: readonly string[];
} {
  let index = 0;
  while (index < args.length) {
    const option = args[index] ?? "";
    if (flagsWithValue.has(option)) index += 2;
    else if (flags.has(option)) index += 1;
    else break;
  }
  return { sshOptions: args.slice(0, index), command: args.slice(index) };
}

function refused(command: string, path: string, what: string): JumpstarterError {
  return new JumpstarterError(
    `${path} wants ${JSON.stringify(command)} to be run on this machine, and ${what} could run anything; ` +
      "if that is what you want, give the command yourself as sshCommand",
    { code: "permission-denied", reason: "SSH_COMMAND_REFUSED" },
  );
}
