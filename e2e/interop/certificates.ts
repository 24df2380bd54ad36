/** Certificates as they come about in a lab: a good one, and those that go wrong. */
import { webcrypto } from "node:crypto";

// The library wants to find it when it is loaded.
await import("reflect-metadata");
const { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } =
  await import("@peculiar/x509");

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 86_400_000;

export interface Certificate {
  /** PEM. */
  readonly certificateChain: string;
  readonly key: string;
}

export interface Authority {
  readonly certificate: string;
  issue(options?: { readonly names?: readonly string[]; readonly daysLeft?: number }): Promise<Certificate>;
}

export async function createAuthority(): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const root = await X509CertificateGenerator.createSelfSigned({
    name: "CN=bench authority",
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 30 * dayMs),
    notAfter: new Date(Date.now() + 30 * dayMs),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    certificate: root.toString("pem"),
    async issue({ names = ["localhost", "127.0.0.1"], daysLeft = 10 } = {}) {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const certificate = await X509CertificateGenerator.create({
        subject: "CN=bench",
        issuer: root.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        notBefore: new Date(Date.now() - 20 * dayMs),
        notAfter: new Date(Date.now() + daysLeft * dayMs),
        extensions: [
          new SubjectAlternativeNameExtension(
            names.map((value) => ({ type: /^[\d.]+$/.test(value) ? ("ip" as const) : ("dns" as const), value })),
          ),
        ],
      });
      const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", own.privateKey)).toString("base64");
      return {
        certificateChain: certificate.toString("pem"),
        key: `-----BEGIN PRIVATE KEY-----\n${key.replaceAll(/.{64}/g, "$&\n")}\n-----END PRIVATE KEY-----\n`,
      };
    },
  };
}
