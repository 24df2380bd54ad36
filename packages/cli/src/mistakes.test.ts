import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createBenchDirectory, type BenchDirectory } from "../test/bench-config.ts";
import { runCommand } from "../test/run-command.ts";

/** What people get wrong, and all that they are told: what, which thing, what was seen, what to do. */
const mistakes: readonly (readonly [command: string, code: number, sentence: string])[] = [
  ["jmp shel", 2, 'jmp has no command "shel"; did you mean "shell"?'],
  [
    "jmp shell --exporter-confg bench.yaml",
    2,
    "jmp shell has no option --exporter-confg; did you mean --exporter-config?",
  ],
  [
    "jmp shell",
    2,
    "jmp shell does not know which exporter: give --exporter ALIAS, --exporter-config FILE or --tls-grpc HOST:PORT",
  ],
  [
    "jmp shell --exporter bnech",
    1,
    'there is no exporter "bnech": neither $DIRECTORY/home/exporters/bnech.yaml nor /etc/jumpstarter/exporters/bnech.yaml exists',
  ],
  ["jmp shell --exporter-config gone.yaml -- true", 1, "gone.yaml does not exist: check the path"],
  [
    "jmp shell --exporter-config typo.yaml -- true",
    1,
    'typo.yaml:4:12: export.power has the unknown key "typ"; did you mean "type"?',
  ],
  [
    "jmp shell --exporter-config foreign.yaml -- true",
    1,
    'foreign.yaml:4:18: export.power cannot be opened: no installed package has the driver jumpstarter_driver_acme.driver.Relay: install it with "npm install --save-dev @jumpstarter-ts/driver-acme"',
  ],
  [
    "jmp shell --exporter-config bench.yaml -- no-such-program",
    1,
    "no-such-program could not be started: there is no such program on the PATH; check its name, or give its path",
  ],
  ["jmp shell --tls-grpc bench -- true", 2, '--tls-grpc is "bench": write HOST:PORT, such as bench.example:1234'],
  [
    "jmp shell --tls-grpc 127.0.0.1:1 --tls-grpc-insecure -- true",
    1,
    "no exporter answers at 127.0.0.1:1: check that it runs, and that JUMPSTARTER_HOST (or { host }) is where it listens",
  ],
  [
    "jmp shell --client lab -- true",
    1,
    "jmp shell --client needs a lab's controller, which this version cannot reach yet: use an exporter of this machine (--exporter, --exporter-config) or a direct one (--tls-grpc)",
  ],
  ["jmp run", 2, "jmp run needs an exporter: give --exporter ALIAS or --exporter-config FILE"],
  [
    "jmp run --exporter-config bench.yaml --tls-grpc-listener 0",
    2,
    "jmp run needs both --tls-cert and --tls-key to listen on 0, or --tls-grpc-insecure for plaintext",
  ],
  [
    "jmp config client use nobody",
    1,
    'there is no client "nobody": $DIRECTORY/home/clients/nobody.yaml does not exist; there is none yet',
  ],
  [
    "jmp config client create lab --nointeractive",
    2,
    "jmp config client create needs --namespace, for there is nobody to ask: give --namespace VALUE",
  ],
  ["jmp version -o xml", 2, '-o of jmp version is "xml": it is one of json, yaml, name'],
  [
    "env -u JUMPSTARTER_HOST j power on",
    1,
    "j has no exporter to talk to, for JUMPSTARTER_HOST is not set: use it inside a shell that jmp shell opens",
  ],
  [
    "env JUMPSTARTER_HOST=/gone/socket j power on",
    1,
    "no exporter answers at /gone/socket: check that it runs, and that JUMPSTARTER_HOST (or { host }) is where it listens",
  ],
  ["j pwer on", 1, 'j has no command "pwer"; did you mean "power"?'],
  ["j power onn", 1, 'j power has no command "onn"; did you mean "on"?'],
  ["j power cycle --wait soon", 1, '--wait of j power cycle is "soon": it is a number, 0 or more'],
  ["j flasher flash", 1, "j flasher flash needs an image: j flasher flash FILE"],
  [
    "j flasher flash gone.img",
    1,
    "argument 1 (source) of flasher.flash names the file gone.img, which cannot be read: there is no gone.img",
  ],
  ["j echo address", 1, "echo.address failed: echo does not offer address"],
  ["j console", 1, "the console of serial needs a terminal, but stdin is none: use j serial pipe"],
  [
    "j call powr on",
    1,
    'the exporter has no device "powr": it has board, card, echo, files, flasher, group, power, serial; did you mean "power"?',
  ],
  ["j call power explode", 1, "power.explode failed: the driver does not offer it: method explode not found on driver"],
];

let bench: BenchDirectory;
/** The answers to all commands, from one shell. */
let answers: readonly { readonly code: number; readonly stderr: string }[];

beforeAll(async () => {
  bench = createBenchDirectory();
  const head = "kind: ExporterConfig\nmetadata: { namespace: default, name: bench }\nexport:\n";
  bench.file("typo.yaml", `${head}  power: { typ: jumpstarter_driver_power.driver.MockPower }\n`);
  bench.file("foreign.yaml", `${head}  power: { type: jumpstarter_driver_acme.driver.Relay }\n`);
  // Drivers are looked for from the working directory, so that files are named from elsewhere.
  const script = mistakes
    .map(
      ([command]) =>
        `${command.replaceAll(/\b(\w+\.(?:yaml|img))\b/g, `${bench.path}/$1`)} 2>&1 >/dev/null </dev/null; echo "=$?"`,
    )
    .join("\n");
  const { stdout } = await runCommand(
    "jmp",
    ["--log-level", "CRITICAL", "shell", "--exporter-config", bench.config, "--", "bash", "-c", script],
    { env: { JMP_CLIENT_CONFIG_HOME: bench.file("home") } },
  );
  answers = [...stdout.matchAll(/([^]*?)=(\d+)\n/g)].map(([, stderr = "", code]) => ({
    code: Number(code),
    stderr: stderr.trim().replaceAll(`${bench.path}/home`, "$DIRECTORY/home").replaceAll(`${bench.path}/`, ""),
  }));
});

afterAll(() => bench[Symbol.dispose]());

describe("a mistake is answered in one sentence", () => {
  it.each(mistakes.map((mistake, index) => [index, ...mistake] as const))("%i: %s", (index, _, code, sentence) => {
    expect(answers[index]).toEqual({ code, stderr: `Error: ${sentence}` });
  });
});
