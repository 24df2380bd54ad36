import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

import { abortedError, isJumpstarterError, messageOf, validate } from "@jumpstarter-ts/core";
import { z } from "zod";

import { bundleError } from "./bundle-error.ts";
import { pathInBundle } from "./bundle-path.ts";
import { createRegistryClient, parseJson, readLimited, type RegistryOptions } from "./oci-http.ts";
import { parseOciReference, type OciReference } from "./oci-reference.ts";
import { largestBundleBytes, unpackTar } from "./unpack.ts";

export interface PullOptions extends RegistryOptions {
  /** Where bundles are kept, each in a directory named after its manifest's digest. */
  readonly cacheDirectory: string;
}

const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
const largestManifestBytes = 4 * 1024 ** 2;
const directoryTypes = ["application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+gzip"];

const layerSchema = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().nonnegative(),
  annotations: z.record(z.string(), z.string()).nullish(),
});
const manifestSchema = z.object({ layers: z.array(layerSchema).max(1_000) });

type Layer = z.infer<typeof layerSchema>;
type Get = ReturnType<typeof createRegistryClient>;

/** Fetches a bundle from a registry unless the cache has just this one, and gives its directory. */
export async function pullBundle(text: string, { cacheDirectory, ...options }: PullOptions): Promise<string> {
  const reference = parseOciReference(text);
  const get = createRegistryClient(reference, options);
  const { layers, digest } = await fetchManifest(get, reference);
  const directory = join(cacheDirectory, digest.replace(":", "-"));
  if (await isThere(directory)) return directory;
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  if (size > largestBundleBytes) {
    throw bundleError(
      "FLASHER_BUNDLE_TOO_LARGE",
      `${text} has ${size} bytes, more than the ${largestBundleBytes} allowed`,
    );
  }
  const temporary = await makeTemporary(cacheDirectory);
  try {
    const whole = join(temporary, "bundle");
    await mkdir(whole);
    for (const layer of layers) await fetchLayer(get, layer, { temporary, whole, what: text, signal: options.signal });
    // Another exporter may have been faster; what it fetched is the same.
    if (!(await isThere(directory))) await rename(whole, directory);
    return directory;
  } catch (cause) {
    if (options.signal.aborted) throw abortedError(`fetching ${text}`, options.signal.reason);
    if (isJumpstarterError(cause)) throw cause;
    throw bundleError("FLASHER_REGISTRY", `${text} could not be fetched: ${messageOf(cause)}`, cause);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function fetchManifest(get: Get, reference: OciReference) {
  const response = await get(`manifests/${reference.version}`, manifestTypes.join(", "));
  const body = await readLimited(response, largestManifestBytes, reference.text);
  const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  if (reference.digest !== undefined && reference.digest !== digest) {
    throw bundleError(
      "FLASHER_DIGEST_MISMATCH",
      `the registry's manifest of ${reference.text} has the digest ${digest}`,
    );
  }
  const content = parseJson(body);
  if (content !== null && typeof content === "object" && "manifests" in content) {
    throw bundleError(
      "FLASHER_BUNDLE_INVALID",
      `${reference.text} is a list of several images: name one by its digest`,
    );
  }
  const { layers } = await validate(manifestSchema, content, `the registry's manifest of ${reference.text}`);
  return { layers, digest };
}

interface Place {
  readonly temporary: string;
  /** Where the bundle is put together. */
  readonly whole: string;
  readonly what: string;
  readonly signal: AbortSignal;
}

async function fetchLayer(get: Get, layer: Layer, { temporary, whole, what, signal }: Place): Promise<void> {
  const title = layer.annotations?.["org.opencontainers.image.title"];
  // Not a file of the bundle.
  if (title === undefined) return;
  const path = pathInBundle(whole, title, what);
  const blob = join(temporary, "blob");
  const response = await get(`blobs/${layer.digest}`, "*/*");
  const { check, stream } = checking(layer, `${title} of ${what}`);
  await pipeline(Readable.from(response.body ?? []), stream, createWriteStream(blob), { signal });
  check();
  const isDirectory =
    layer.annotations?.["io.deis.oras.content.unpack"] === "true" || directoryTypes.includes(layer.mediaType);
  // As the tools that push directories do, the names in it begin with the directory's.
  if (isDirectory) return unpackTar(blob, { into: whole, what: `${title} of ${what}`, signal });
  await mkdir(dirname(path), { recursive: true });
  await rename(blob, path);
}

/** Lets through no more than a layer has, and tells in the end whether it was that layer. */
function checking({ digest, size }: Layer, what: string) {
  const hash = createHash("sha256");
  let seen = 0;
  const wrong = (why: string): Error =>
    bundleError("FLASHER_DIGEST_MISMATCH", `${what} ${why}: it is not what was asked for`);
  return {
    stream: new Transform({
      transform(chunk: Buffer, _encoding, done) {
        seen += chunk.length;
        hash.update(chunk);
        if (seen > size) done(wrong(`has more than its ${size} bytes`));
        else done(null, chunk);
      },
    }),
    check(): void {
      const found = `sha256:${hash.digest("hex")}`;
      if (seen !== size) throw wrong(`has ${seen} bytes of ${size}`);
      if (found !== digest) throw wrong(`has the digest ${found} and not ${digest}`);
    },
  };
}

async function makeTemporary(cacheDirectory: string): Promise<string> {
  try {
    await mkdir(cacheDirectory, { recursive: true });
    return await mkdtemp(join(cacheDirectory, ".pull-"));
  } catch (cause) {
    throw bundleError(
      "FLASHER_CACHE",
      `bundles cannot be kept in ${cacheDirectory} (${messageOf(cause)}): set cache_dir to a directory that can be written`,
      cause,
    );
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
