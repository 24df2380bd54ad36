import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect, type ConnectOptions } from "@jumpstarter-ts/client";
import { createScope } from "@jumpstarter-ts/core";
import { power } from "@jumpstarter-ts/driver-power";
import { describe, expect, it } from "vitest";

import { freeTcpPort } from "../clients/free-port.ts";
import { startPythonDirect } from "../peers/python-direct.ts";
import { pythonSession, runPython } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { createAuthority, type Certificate } from "./certificates.ts";
import { startOurs } from "./ours.ts";

const hasPython = pythonPeer() !== undefined || process.env["CI"] === "true";
const exportYaml = "export: { power: { type: jumpstarter_driver_power.driver.MockPower } }\n";
const registry = { definition: async (label: string) => (label === power.contract.label ? power : undefined) };
const authority = await createAuthority();
const passphrase = "correct-horse-battery";

describe("our exporter on TCP", () => {
  it("makes a certificate for itself, which clients trust by its file", async () => {
    await using bench = await direct({});
    const certificateAuthority = await bench.file("exporter.pem", bench.exporter.certificate ?? "");

    await using session = await connect({ host: bench.host, certificateAuthority, registry });
    await session.device("power").as(power).on();

    expect(bench.exporter.certificate).toMatch(/^-----BEGIN CERTIFICATE-----/);
  });

  it("serves with the certificate that it is given, and warns of nothing on the way", async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => void warnings.push(String(warning));
    process.on("warning", onWarning);
    await using bench = await direct({ tls: await authority.issue() });

    await using byAddress = await bench.connect();
    await using byName = await bench.connect({ host: bench.host.replace("127.0.0.1", "localhost") });
    await byAddress.device("power").as(power).on();
    await byName.device("power").as(power).off();

    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });

  it("serves plaintext only where that is spelled out", async () => {
    await using bench = await direct({ insecure: true });

    await using session = await connect({ host: bench.host, insecure: true, registry });

    await expect(Array.fromAsync(session.device("power").as(power).read())).resolves.toHaveLength(2);
  });

  it("refuses every call without the passphrase, in one sentence, and says it nowhere", async () => {
    await using bench = await direct({ tls: await authority.issue(), passphrase });

    const failures = [
      await failureOf(bench.connect({ passphrase: "wrong-donkey-charger" })),
      await failureOf(bench.connect()),
    ];
    await using session = await bench.connect({ passphrase });
    await session.device("power").as(power).on();

    for (const failure of failures) {
      expect(failure).toMatchObject({ code: "permission-denied", reason: "PASSPHRASE_REFUSED" });
      expect(failure.message).toMatch(/^[^\n]*wants another passphrase \(JMP_GRPC_PASSPHRASE\)[^\n]*$/);
    }
    const everything = [bench.logged.join("\n"), ...failures.map(inFull)].join("\n");
    expect(everything).not.toMatch(/correct-horse|wrong-donkey/);
  });
});

describe("a certificate that does not hold is told in one sentence:", () => {
  it.each<[string, Promise<Certificate>, string, RegExp]>([
    [
      "of another host",
      authority.issue({ names: ["bench.lab", "10.0.0.7"] }),
      "CERTIFICATE_OTHER_HOST",
      /^the certificate of 127\.0\.0\.1:\d+ is not for 127\.0\.0\.1 but for bench\.lab, 10\.0\.0\.7: connect by a name/,
    ],
    ["expired", authority.issue({ daysLeft: -1 }), "CERTIFICATE_EXPIRED", /^the certificate of \S+ has expired: renew/],
    [
      "of an unknown authority",
      createAuthority().then((other) => other.issue()),
      "CERTIFICATE_UNTRUSTED",
      /^the certificate of \S+ comes from an authority that is not trusted here: name its PEM file/,
    ],
  ])("%s", async (_name, certificate, reason, sentence) => {
    await using bench = await direct({ tls: await certificate });

    const failure = await failureOf(bench.connect());

    expect(failure).toMatchObject({ code: "permission-denied", reason, message: expect.stringMatching(sentence) });
    expect(failure.message).not.toContain("\n");
  });

  it("none at all, where the exporter speaks plaintext", async () => {
    await using bench = await direct({ insecure: true });

    await expect(bench.connect()).rejects.toMatchObject({
      code: "failed-precondition",
      reason: "TLS_NOT_SPOKEN",
      message: expect.stringMatching(/does not speak TLS: allow plaintext if that is meant \(JMP_GRPC_INSECURE=1\)$/),
    });
  });

  it("nobody there, which is another matter", async () => {
    const host = `127.0.0.1:${await freeTcpPort()}`;

    await expect(connect({ host, registry })).rejects.toMatchObject({ reason: "EXPORTER_UNREACHABLE" });
  });
});

describe.skipIf(!hasPython)("a Python client of our exporter on TCP", () => {
  const script = `
client.power.on()
answer = [r.voltage for r in client.power.read()]`;

  it("connects over TLS, with the passphrase in its environment", async () => {
    await using bench = await direct({ tls: await authority.issue(), passphrase });
    const trust = { GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: bench.roots, JMP_GRPC_PASSPHRASE: passphrase };

    await expect(pythonSession(bench.host, script, undefined, trust)).resolves.toEqual([0, 5]);
  });

  it("trusts the certificate that our exporter made for itself", async () => {
    await using bench = await direct({});
    const roots = await bench.file("exporter.pem", bench.exporter.certificate ?? "");

    const answer = await pythonSession(bench.host, script, undefined, { GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: roots });

    expect(answer).toEqual([0, 5]);
  });

  it("connects in plaintext where both ask for it, and is refused with a wrong passphrase", async () => {
    await using bench = await direct({ insecure: true, passphrase });
    const { host } = bench;

    const right = await runPython("j", ["power", "on"], {
      host,
      env: { JMP_GRPC_INSECURE: "1", JMP_GRPC_PASSPHRASE: passphrase },
    });
    const wrong = await runPython("j", ["power", "on"], {
      host,
      env: { JMP_GRPC_INSECURE: "1", JMP_GRPC_PASSPHRASE: "wrong-donkey-charger" },
    });

    expect(right).toMatchObject({ exitCode: 0 });
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain("invalid or missing passphrase");
    expect(bench.logged.join("\n")).not.toMatch(/correct-horse|wrong-donkey/);
  });
});

describe.skipIf(!hasPython)("our client of a Python exporter on TCP", () => {
  it("connects over TLS with the passphrase, and is refused with another", async () => {
    await using exporter = await startPythonDirect({ exportYaml, tls: await authority.issue(), passphrase });
    await using bench = await rootsIn();
    const options = { host: exporter.host, registry, certificateAuthority: bench.roots };

    await using session = await connect({ ...options, passphrase });
    await session.device("power").as(power).on();
    const failure = await failureOf(connect({ ...options, passphrase: "wrong-donkey-charger" }));

    expect(await Array.fromAsync(session.device("power").as(power).read())).toHaveLength(2);
    expect(failure).toMatchObject({ code: "permission-denied", reason: "PASSPHRASE_REFUSED" });
    expect(inFull(failure)).not.toMatch(/correct-horse|wrong-donkey/);
  });

  it("connects in plaintext where both ask for it", async () => {
    await using exporter = await startPythonDirect({ exportYaml });

    await using session = await connect({ host: exporter.host, insecure: true, registry });

    await expect(Array.fromAsync(session.device("power").as(power).read())).resolves.toHaveLength(2);
  });
});

interface Security {
  readonly tls?: Certificate;
  readonly insecure?: true;
  readonly passphrase?: string;
}

/** Our exporter on a free port, a directory, and connections that trust the authority. */
async function direct(security: Security) {
  const stack = createScope("what the test opens");
  const directory = stack.use(await rootsIn());
  const logged: string[] = [];
  const listen = { host: "127.0.0.1", port: 0, ...security };
  const exporter = stack.use(await startOurs(exportYaml, { listen, log: ({ message }) => logged.push(message) }));
  return {
    exporter,
    host: exporter.host,
    logged,
    ...directory,
    connect: (options: ConnectOptions = {}) =>
      connect({ host: exporter.host, registry, certificateAuthority: directory.roots, ...options }),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

async function rootsIn() {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-direct-"));
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text);
    return path;
  };
  return {
    file,
    roots: await file("roots.pem", authority.certificate),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

async function failureOf(connecting: Promise<AsyncDisposable>): Promise<Error> {
  try {
    await using session = await connecting;
    void session;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error("it connected");
}

/** With all its causes and stacks. */
function inFull(error: unknown): string {
  return error instanceof Error
    ? `${error.stack}\n${JSON.stringify(error, Object.getOwnPropertyNames(error))}\n${inFull(error.cause)}`
    : String(error);
}
