import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import { parseClientConfig } from "./client-config.ts";

const minimal = "metadata: { name: alice, namespace: lab }\n";
const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const parse = (text: string, env: Readonly<Record<string, string>> = {}) =>
  parseClientConfig(text, { file: "clients/alice.yaml", env });

describe("a client's configuration", () => {
  it("says who it is, which lab it uses and what it may import", () => {
    const config = parse(`
apiVersion: jumpstarter.dev/v1alpha1
kind: ClientConfig
metadata: { name: alice, namespace: lab }
endpoint: lab.example:443
token: s3cr3t
drivers: { allow: [jumpstarter_driver_*] }
shell: { use_profiles: true }
leases: { acquisition_timeout: 60 }
`);

    expect(config).toMatchObject({
      alias: "alice",
      metadata: { name: "alice", namespace: "lab" },
      endpoint: "lab.example:443",
      drivers: { allow: ["jumpstarter_driver_*"], unsafe: false },
      shell: { useProfiles: true },
      leases: { acquisitionTimeoutS: 60, dialTimeoutS: 30, retryTimeoutS: 300 },
    });
    expect(config.token?.reveal()).toBe("s3cr3t");
    expect(inspect(config, { depth: 9, showHidden: true })).not.toContain("s3cr3t");
  });

  it("may be of the older kind, with globs in one text", () => {
    const config = parse(`kind: Client\n${minimal}drivers: { allow: "a_*, UNSAFE" }`);

    expect(config.drivers).toEqual({ allow: ["a_*", "UNSAFE"], unsafe: true });
  });

  it("wins over the environment, which fills what the file lacks, at every depth", () => {
    const config = parse(`${minimal}endpoint: from-file:1\ntls: { insecure: false }\ntoken:`, {
      JMP_NAME: "other",
      JMP_ENDPOINT: "from-env:1",
      JMP_TOKEN: "from-env",
      JMP_TLS: JSON.stringify({ insecure: true, ca: pem }),
      JMP_LEASES: '{"retry_timeout": 7}',
      JMP_DRIVERS_ALLOW: "a_*,b_*",
    });

    expect(config).toMatchObject({
      metadata: { name: "alice" },
      endpoint: "from-file:1",
      tls: { insecure: false },
      drivers: { allow: ["a_*", "b_*"] },
      leases: { retryTimeoutS: 7 },
    });
    expect(config.tls.ca).toContain("BEGIN CERTIFICATE");
    expect(config.token?.reveal()).toBe("from-env");
  });

  it.each(["JMP_GRPC_INSECURE", "JUMPSTARTER_GRPC_INSECURE"])("is insecure where %s is 1, whatever it says", (name) => {
    expect(parse(`${minimal}tls: { insecure: false }`, { [name]: "1" }).tls.insecure).toBe(true);
  });

  it("takes its certificate as base64 of PEM, as PEM, or as the path of a file", async () => {
    const directory = await mkdtemp(join(tmpdir(), "ca-"));
    try {
      await writeFile(join(directory, "ca.pem"), pem);
      const read = (ca: string) =>
        parseClientConfig(`${minimal}tls: { ca: ${JSON.stringify(ca)} }`, { file: join(directory, "a.yaml"), env: {} })
          .tls;

      for (const ca of [Buffer.from(pem).toString("base64"), pem, "ca.pem", join(directory, "ca.pem")]) {
        expect(read(ca).ca?.trim()).toBe(pem.trim());
      }
      expect(read("").ca).toBeUndefined();
      expect(() => read("gone.pem")).toThrow(/a\.yaml:2:\d+: tls\.ca is neither base64/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it.each([
    [
      `${minimal}endpiont: x`,
      'clients/alice.yaml:2:1: the configuration has the unknown key "endpiont"; did you mean "endpoint"?',
    ],
    [
      `${minimal}leases:\n  dial_tiemout: 3`,
      'clients/alice.yaml:3:3: leases has the unknown key "dial_tiemout"; did you mean "dial_timeout"?',
    ],
    ["endpoint: x", "clients/alice.yaml:1:1: metadata is missing: invalid input: expected object, received undefined"],
    ["kind: ExporterConfig", 'clients/alice.yaml:1:7: kind is "ExporterConfig", but a client\'s is ClientConfig'],
    [
      `${minimal}token: 1234567`,
      "clients/alice.yaml:2:8: token is a secret of type number: invalid input: expected string, received number",
    ],
  ])("says in one sentence what is wrong: %j", (text, sentence) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ message: sentence, code: "invalid-argument" }));
  });

  it.each([
    [{ JMP_TLS: "insecure" }, 'the environment variable JMP_TLS is not JSON: write {"insecure": true}, or unset it'],
    [{ JMP_LEASES: '{"retry": 1}' }, 'the environment variable JMP_LEASES has the unknown key "retry"; known are'],
    [{ JMP_RETRY_TIMEOUT: "soon" }, 'the environment variable JMP_RETRY_TIMEOUT is "soon": write a number of seconds'],
  ])("names the variable that is wrong: %j", (env, sentence) => {
    expect(() => parse(minimal, env)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(sentence), reason: "VARIABLE_INVALID" }),
    );
  });
});
