import { readFile } from "node:fs/promises";

import { JumpstarterError, messageOf } from "@jumpstarter-ts/core";

import type { RunListen } from "./run-options.ts";
import type { DirectListen } from "./start-exporter.ts";

/** The same address, with the certificate read. */
export async function readListen(listen: RunListen): Promise<DirectListen> {
  const { host, port, passphrase } = listen;
  if (listen.insecure === true) return { host, port, passphrase, insecure: true };
  if (listen.tls === undefined) return { host, port, passphrase };
  const { certificateFile, keyFile } = listen.tls;
  const [certificateChain, key] = await Promise.all([
    read(certificateFile, "certificate"),
    read(keyFile, "key of the certificate"),
  ]);
  return { host, port, passphrase, tls: { certificateChain, key } };
}

async function read(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new JumpstarterError(`the ${what} ${file} cannot be read: ${messageOf(cause)}`, {
      code: "not-found",
      reason: "CERTIFICATE_MISSING",
      cause,
    });
  }
}
