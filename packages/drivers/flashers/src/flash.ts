import { readFile } from "node:fs/promises";
import { basename } from "node:path";

import {
  clock,
  isJumpstarterError,
  messageOf,
  within,
  type CallOptions,
  type Progress,
  type Remote,
} from "@jumpstarter-ts/core";
import { fileUrl } from "@jumpstarter-ts/driver-http";
import type { OperationContext } from "@jumpstarter-ts/driver-storage";

import type { BusyboxShell } from "./busybox-shell.ts";
import type { networkFlasherContract } from "./contract.ts";
import { fetcherOf } from "./fetcher.ts";
import { flashError, isWorthRetrying } from "./flash-error.ts";
import { bootHelperSystem, type HelperSystem } from "./helper-system.ts";
import { parseManifest } from "./manifest.ts";
import { resolveTarget } from "./target.ts";
import { checkHeaders, writeImage } from "./write-image.ts";

export interface NetworkFlashOptions {
  /** A target of the bundle's manifest, or the label of a partition. Default: the lab's, then the bundle's. */
  readonly target?: string;
  /** The target of the manifest that a partition is on. */
  readonly blockDevice?: string;
  /** How the board writes: with the tool fls, or with curl or wget, an unpacker and dd. Default `fls`. */
  readonly method?: "fls" | "shell";
  /** Where the board gets fls from. Default: the exporter's where it has one, else the board's own. */
  readonly flsUrl?: string;
  /** For a URL as image: the exporter fetches it for a board without a way to it. */
  readonly isThroughExporter?: boolean;
  /** Another bundle than the lab's. */
  readonly bundle?: string;
  /** A file of this machine with the certificates to trust (PEM). Default: the lab's. */
  readonly certificatesFile?: string;
  readonly isInsecureTls?: boolean;
  /** Sent by the board with its requests. They show on its console. */
  readonly headers?: Readonly<Record<string, string>>;
  /** After failures that may pass; 1, 2, 4, … seconds between. Default 3. */
  readonly retries?: number;
  /** Switches the board off in the end. Default true; otherwise it starts what was flashed. */
  readonly isPoweredOff?: boolean;
  /** Milliseconds for the writing itself. Default 30 minutes. */
  readonly writeTimeoutMs?: number;
  /** Milliseconds without power before each boot. Default 2000. */
  readonly offForMs?: number;
  readonly signal?: AbortSignal;
}

export interface NetworkFlashProgress {
  readonly phase: "preparing" | "booting" | "writing" | "waiting" | "done";
  /** From 1. */
  readonly attempt: number;
  /** In `preparing`: how much of a local image has gone to the exporter. */
  readonly upload?: Progress;
  /** In `waiting`: why the last attempt failed. */
  readonly failure?: string;
}

export interface NetworkFlashReport {
  /** Where the board read the image from. */
  readonly url: string;
  /** The path on the board that was written. */
  readonly target: string;
  readonly attempts: number;
}

type Flasher = Remote<typeof networkFlasherContract>;

const defaultWriteTimeoutMs = 30 * 60_000;

export async function flashOverNetwork(
  remote: Flasher,
  image: string,
  options: NetworkFlashOptions,
  { signal, report }: OperationContext<NetworkFlashProgress>,
): Promise<NetworkFlashReport> {
  checkHeaders(options.headers ?? {});
  const { method = "fls", retries = 3 } = options;
  if (image.startsWith("oci://") && method !== "fls") {
    throw flashError("FLASH_BAD_OPTION", `${remote.path} can fetch ${image} only with the method fls`);
  }
  const limits = { signal };
  report({ phase: "preparing", attempt: 1 });
  const trusted = await trustedCertificates(remote, options, limits);
  await remote.with(limits).call("setup_flasher_bundle", options.bundle);
  await using web = await remote.children.http.serve(limits);
  await using _tftp = await remote.children.tftp.serve(limits);
  const url = await imageUrl(remote, image, { ...options, webUrl: web.url }, { signal, report });
  const flsUrl = method === "fls" ? (options.flsUrl ?? (await exportersFls(remote, web.url, limits))) : undefined;

  for (let attempt = 1; ; attempt++) {
    try {
      report({ phase: "booting", attempt });
      const system = await bootHelper(remote, options, limits);
      report({ phase: "writing", attempt });
      const target = await writeOn(
        remote,
        system,
        { ...options, method, url, flsUrl, trusted, webUrl: web.url },
        limits,
      );
      report({ phase: "done", attempt });
      return { url, target, attempts: attempt };
    } catch (error) {
      if (signal.aborted || !isWorthRetrying(error)) throw error;
      if (attempt > retries) {
        throw flashError(
          "FLASH_GAVE_UP",
          `${remote.path} could not be flashed in ${attempt} attempts: ${messageOf(error)}`,
          error,
        );
      }
      report({ phase: "waiting", attempt, failure: messageOf(error) });
      await pause(1_000 * 2 ** (attempt - 1), signal);
    }
  }
}

/** What the board fetches: the URL itself, or a file that was put on the exporter's web server. */
async function imageUrl(
  remote: Flasher,
  image: string,
  { isThroughExporter = false, webUrl }: NetworkFlashOptions & { readonly webUrl: string },
  { signal, report }: OperationContext<NetworkFlashProgress>,
): Promise<string> {
  const isWeb = /^https?:\/\//i.test(image);
  if (image.startsWith("oci://") || (isWeb && !isThroughExporter)) return image;
  const name = isWeb ? basename(new URL(image).pathname) : basename(image);
  // What is there already and the same is not sent again; of a URL only the exporter could tell.
  const sending = remote.children.http.storage.writeFromPath(name, image, { signal, onlyIfChanged: !isWeb });
  const tell = (upload: Progress): void => report({ phase: "preparing", attempt: 1, upload });
  let sizeBytes: number | undefined;
  for await (const { phase, doneBytes, totalBytes } of sending) {
    if (phase !== "writing") continue;
    sizeBytes = totalBytes;
    tell(totalBytes === undefined ? { doneBytes } : { doneBytes, totalBytes });
  }
  await sending;
  // Whoever looks now and then may have missed the last part.
  if (sizeBytes !== undefined) tell({ doneBytes: sizeBytes, totalBytes: sizeBytes });
  return fileUrl(webUrl, name);
}

async function exportersFls(remote: Flasher, webUrl: string, limits: CallOptions): Promise<string | undefined> {
  try {
    await remote.with(limits).call("setup_fls_binary");
    return fileUrl(webUrl, "fls");
  } catch (error) {
    if (isJumpstarterError(error) && error.code === "unsupported") return undefined;
    throw error;
  }
}

async function bootHelper(
  remote: Flasher,
  { offForMs }: NetworkFlashOptions,
  limits: { readonly signal: AbortSignal },
): Promise<HelperSystem> {
  const manifest = await parseManifest(await remote.with(limits).call("get_flasher_manifest_yaml"), remote.path);
  return bootHelperSystem(remote, manifest, { ...limits, offForMs });
}

interface Write extends NetworkFlashOptions {
  readonly method: "fls" | "shell";
  readonly url: string;
  readonly webUrl: string;
  readonly flsUrl: string | undefined;
  /** Certificates, of the caller or the lab. */
  readonly trusted: Uint8Array | undefined;
}

async function writeOn(
  remote: Flasher,
  { shell, dhcp }: HelperSystem,
  options: Write,
  limits: { readonly signal: AbortSignal },
): Promise<string> {
  const manifest = await parseManifest(await remote.with(limits).call("get_flasher_manifest_yaml"), remote.path);
  const defaultTarget = await remote.with(limits).call("get_default_target");
  const target = await resolveTarget(shell, manifest, { ...options, defaultTarget }, limits);
  await shell.run(`export dhcp_addr=${dhcp.address} gw_addr=${dhcp.gateway}`, limits);
  // As upstream: they clean up what may not be there.
  for (const command of manifest.spec.preflash_commands) await shell.try(command, limits);
  await shell.run("udhcpc", limits);
  // Without the right time, no certificate is valid.
  await shell.run(`date -s @${Math.trunc(Date.now() / 1_000)}`, limits);
  const certificates = await storeCertificates(remote, shell, options, limits);
  const { url, method, flsUrl, headers = {}, isInsecureTls = false } = options;
  const timeoutMs = options.writeTimeoutMs ?? defaultWriteTimeoutMs;
  await writeImage(shell, { url, target, method, flsUrl, headers, isInsecureTls, certificates, timeoutMs, ...limits });
  if (options.isPoweredOff ?? true) await remote.children.power.off(limits);
  else await remote.children.serial.sendLine("reboot", limits);
  return target;
}

/** Hands certificates to the board over the network: its serial line is slow. */
async function storeCertificates(
  remote: Flasher,
  shell: BusyboxShell,
  { trusted, webUrl }: Write,
  limits: { readonly signal: AbortSignal },
): Promise<string | undefined> {
  if (trusted === undefined || trusted.length === 0) return undefined;
  await remote.children.http.storage.writeBytes("cacert.crt", trusted, limits);
  const path = "/tmp/cacert.crt";
  await shell.run((await fetcherOf(shell, fileUrl(webUrl, "cacert.crt"), limits)).save(path), limits);
  return path;
}

async function trustedCertificates(
  remote: Flasher,
  { certificatesFile }: NetworkFlashOptions,
  limits: CallOptions,
): Promise<Uint8Array | undefined> {
  if (certificatesFile === undefined) return labCertificates(remote, limits);
  try {
    return await readFile(certificatesFile);
  } catch (cause) {
    throw flashError(
      "FLASH_BAD_OPTION",
      `the certificates of certificatesFile cannot be read: ${messageOf(cause)}`,
      cause,
    );
  }
}

async function labCertificates(remote: Flasher, limits: CallOptions): Promise<Uint8Array | undefined> {
  try {
    const text = await remote.with(limits).call("get_cacert");
    return text === null || text === undefined ? undefined : Buffer.from(text);
  } catch (error) {
    if (isJumpstarterError(error) && error.code === "unsupported") return undefined;
    throw error;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, ms);
  try {
    await within(promise, { signal, what: "the pause before another attempt to flash" });
  } finally {
    clock.clearTimeout(timer);
  }
}
