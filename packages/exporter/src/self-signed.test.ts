import { X509Certificate, createPrivateKey } from "node:crypto";
import { hostname } from "node:os";

import { describe, expect, it } from "vitest";

import { selfSigned } from "./self-signed.ts";

async function certificateFor(host: string) {
  const { certificateChain, key } = await selfSigned(host);
  return { certificate: new X509Certificate(certificateChain), key: createPrivateKey(Buffer.from(key)) };
}

describe("a certificate that an exporter makes for itself", () => {
  it("is for the host that it listens on and for this machine, by name and by address", async () => {
    const { certificate } = await certificateFor("bench.lab");

    expect(certificate.checkHost("bench.lab")).toBe("bench.lab");
    expect(certificate.checkHost("localhost")).toBe("localhost");
    expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(certificate.checkIP("192.0.2.7")).toBeUndefined();
    expect(certificate.checkHost("other.lab")).toBeUndefined();
  });

  it.each(["0.0.0.0", "::"])("is for every name of the machine, where it listens on %s", async (host) => {
    const { certificate } = await certificateFor(host);

    expect(certificate.checkHost(hostname())).toBe(hostname());
    expect(certificate.checkIP("::1")).toBeDefined();
    expect(certificate.subjectAltName).not.toContain("0.0.0.0");
  });

  it("has the key that comes with it, is new each time, and is good from an hour ago for a year", async () => {
    const [first, second] = [await certificateFor("localhost"), await certificateFor("localhost")];
    const now = Date.now();

    expect(first.certificate.checkPrivateKey(first.key)).toBe(true);
    expect(first.certificate.checkPrivateKey(second.key)).toBe(false);
    expect(now - Date.parse(first.certificate.validFrom)).toBeGreaterThan(3_500_000);
    expect(Date.parse(first.certificate.validTo) - now).toBeGreaterThan(364 * 86_400_000);
  });
});
