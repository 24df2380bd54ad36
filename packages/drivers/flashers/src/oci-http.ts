import { abortedError, messageOf } from "@jumpstarter-ts/core";
import { z } from "zod";

import { bundleError } from "./bundle-error.ts";
import type { OciReference } from "./oci-reference.ts";

export interface RegistryOptions {
  /** Whether the lab named it; only then may it be a registry of this machine, and that one without TLS. */
  readonly isTrusted: boolean;
  readonly signal: AbortSignal;
}

const mostRedirects = 5;
const largestTokenBytes = 256 * 1024;
const tokenSchema = z.union([
  z.object({ token: z.string().min(1) }).transform(({ token }) => token),
  z.object({ access_token: z.string().min(1) }).transform(({ access_token }) => access_token),
]);

/** Asks a registry for a path of its API; gets itself a token where the registry wants one that it gives to anybody. */
export function createRegistryClient(reference: OciReference, { isTrusted, signal }: RegistryOptions) {
  const { registry, repository, text } = reference;
  const isOfThisMachine = isLoopback(new URL(`http://${registry}`).hostname);
  if (isOfThisMachine && !isTrusted) {
    throw bundleError(
      "FLASHER_BUNDLE_REFUSED",
      `${text} is on the exporter's own machine, where only the lab may point`,
    );
  }
  const base = `${isOfThisMachine ? "http" : "https"}://${registry}/v2/${repository}/`;
  let token: string | undefined;

  const send = async (start: URL, headers: Readonly<Record<string, string>>): Promise<Response> => {
    let url = start;
    for (let hops = 0; ; hops++) {
      checkUrl(url, text, isTrusted);
      const isOwn = url.origin === new URL(base).origin;
      const response = await fetch(url, {
        headers: { ...headers, ...(isOwn && token !== undefined ? { authorization: `Bearer ${token}` } : {}) },
        redirect: "manual",
        signal,
      }).catch((cause: unknown) => {
        if (signal.aborted) throw abortedError(`fetching ${text}`, signal.reason);
        throw bundleError("FLASHER_REGISTRY", `${url.host} cannot be reached for ${text}: ${whyOf(cause)}`, cause);
      });
      const location = response.headers.get("location");
      if (response.status < 300 || response.status >= 400 || location === null) return response;
      await response.body?.cancel();
      if (hops >= mostRedirects) throw bundleError("FLASHER_REGISTRY", `${url.host} redirects ${text} without an end`);
      url = new URL(location, url);
    }
  };

  const authorize = async (challenge: string): Promise<boolean> => {
    const fields = parseChallenge(challenge);
    const { realm, service } = fields ?? {};
    if (fields === undefined || realm === undefined || !URL.canParse(realm)) return false;
    const url = new URL(realm);
    if (service !== undefined) url.searchParams.set("service", service);
    url.searchParams.set("scope", fields["scope"] ?? `repository:${repository}:pull`);
    const response = await send(url, { accept: "application/json" });
    const body = await readLimited(response, largestTokenBytes, text);
    const parsed = response.ok ? tokenSchema.safeParse(parseJson(body)) : undefined;
    token = parsed?.data;
    return token !== undefined;
  };

  /** The answer to a GET below the repository, with the body still to be read. */
  return async function get(path: string, accept: string): Promise<Response> {
    const ask = (): Promise<Response> => send(new URL(path, base), { accept });
    let response = await ask();
    if (response.status === 401 && token === undefined) {
      await response.body?.cancel();
      if (await authorize(response.headers.get("www-authenticate") ?? "")) response = await ask();
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw answered(response.status, reference);
  };
}

/** Reads a body that has to be short. */
export async function readLimited(response: Response, limitBytes: number, what: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limitBytes) {
      throw bundleError(
        "FLASHER_BUNDLE_TOO_LARGE",
        `the registry's answer for ${what} is longer than ${limitBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function answered(status: number, { text, registry, version }: OciReference): Error {
  if (status === 404)
    return bundleError("FLASHER_BUNDLE_MISSING", `${registry} has no ${text}: check name and ${version}`);
  const hint = status === 401 || status === 403 ? ": it wants a password, and only public bundles can be fetched" : "";
  return bundleError("FLASHER_REGISTRY", `${registry} answered ${status} for ${text}${hint}`);
}

/** TLS, except to this machine where the lab says so. */
function checkUrl(url: URL, what: string, isTrusted: boolean): void {
  const isOfThisMachine = isLoopback(url.hostname);
  if (isOfThisMachine ? isTrusted : url.protocol === "https:") return;
  throw bundleError(
    "FLASHER_BUNDLE_REFUSED",
    `${what} leads to ${url.origin}, which is not fetched from: it needs https`,
  );
}

function isLoopback(hostname: string): boolean {
  return /^(?:(?:.*\.)?localhost\.?|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::(?:1|ffff:7f[\da-f]{2}:[\da-f]+)?\])$/.test(
    hostname,
  );
}

function parseChallenge(header: string): Readonly<Record<string, string>> | undefined {
  if (!/^bearer /i.test(header)) return undefined;
  return Object.fromEntries([...header.matchAll(/([a-z]+)="([^"]*)"/gi)].map(([, name, value]) => [name, value]));
}

function whyOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error);
}
