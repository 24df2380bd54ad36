import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";

import type { TlsServerOptions } from "@jumpstarter-ts/protocol";

const dayMs = 86_400_000;
/** Clocks differ. */
const skewMs = 3_600_000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * A certificate and its key for one exporter, valid for a year, for the host that it listens on; where that is any
 * address, for all addresses and names of this machine. Nothing is written to a disk.
 */
export async function selfSigned(host: string): Promise<TlsServerOptions & { readonly certificateChain: string }> {
  // Only here: the library takes a while to load, and most exporters listen on a socket.
  await import("reflect-metadata");
  const { ExtendedKeyUsage, ExtendedKeyUsageExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } =
    await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const now = Date.now();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: "CN=jumpstarter exporter",
    notBefore: new Date(now - skewMs),
    notAfter: new Date(now + 365 * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new SubjectAlternativeNameExtension(
        namesFor(host).map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
      ),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    certificateChain: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${key.replaceAll(/.{64}/g, "$&\n")}\n-----END PRIVATE KEY-----\n`,
  };
}

function namesFor(host: string): readonly string[] {
  const local = ["localhost", "127.0.0.1", "::1"];
  if (host !== "0.0.0.0" && host !== "::") return [...new Set([host, ...local])];
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    // Link-local addresses mean nothing without their interface.
    .flatMap(({ address, scopeid }) => (scopeid ? [] : [address]));
  return [...new Set([hostname(), ...local, ...addresses])];
}
