import { JumpstarterError } from "@jumpstarter-ts/core";

/** Variables that could change which programs run. */
const blockedNames: ReadonlySet<string> = new Set([
  "LD_PRELOAD",
  "LD_LIBRARY_PATH",
  "PATH",
  "PYTHONPATH",
  "BASH_ENV",
  "KUBECONFIG",
  "HOME",
  // What follows is not upstream's. Bash runs what PS4 holds before each command where SHELLOPTS has xtrace.
  "SHELLOPTS",
  "BASHOPTS",
  "PS4",
  "ENV",
  "PYTHONHOME",
  "PYTHONSTARTUP",
  "PYTHONUSERBASE",
  "PYTHONPYCACHEPREFIX",
  "PYTHONWARNINGS",
  "PYTHONBREAKPOINT",
  "PERL5LIB",
  "PERL5OPT",
  "PERL5DB",
  "PERLLIB",
  "RUBYLIB",
  "RUBYOPT",
  "GEM_HOME",
  "GEM_PATH",
  "NODE_OPTIONS",
  "NODE_PATH",
  "GCONV_PATH",
]);
const blockedPrefixes = ["LD_", "DYLD_", "BASH_FUNC_"];
/** As Python says it. */
const identifier = /^[\p{XID_Start}_]\p{XID_Continue}*$/u;

/** The caller's variables, each one checked. */
export function checkVariables(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(env)) {
    if (!identifier.test(name)) {
      throw invalid(`${JSON.stringify(name)} is no name of an environment variable`, "SHELL_VARIABLE_INVALID");
    }
    if (blockedNames.has(name) || blockedPrefixes.some((prefix) => name.startsWith(prefix))) {
      throw invalid(
        `the environment variable ${name} is refused: it could change which programs run on the exporter`,
        "SHELL_VARIABLE_REFUSED",
      );
    }
    refuseNull(value, `the environment variable ${name}`);
  }
  return env;
}

/** The arguments up to the last one that was given. */
export function checkWords(words: readonly (string | undefined)[]): readonly string[] {
  const count = words.findLastIndex((word) => word !== undefined) + 1;
  return words.slice(0, count).map((word, index) => {
    if (word === undefined) throw invalid(`argument $${index + 1} is missing`, "SHELL_ARGUMENT_MISSING");
    refuseNull(word, `argument $${index + 1}`);
    return word;
  });
}

function refuseNull(text: string, what: string): void {
  if (text.includes("\0")) throw invalid(`${what} holds a zero byte, which no program can be given`, "SHELL_ZERO_BYTE");
}

function invalid(sentence: string, reason: string): JumpstarterError {
  return new JumpstarterError(sentence, { code: "invalid-argument", reason });
}
