import type { CallOptions, ContentEncoding, ResourceSource } from "@jumpstarter-ts/core";

import { digesting, digestOf, type Digest } from "./digest.ts";
import { createMeter, type FlashProgress, type Meter } from "./flash-progress.ts";
import { lookAtImage, type Image } from "./image.ts";
import type { OperationContext } from "./operation.ts";
import { guardStall, type StallGuard } from "./stall.ts";
import { refuse } from "./storage-error.ts";

export interface FlashOptions {
  /** Writes nothing if the device is known to hold this image already. What is known, see the README. */
  readonly onlyIfChanged?: boolean | undefined;
  /** `hash`: reads back what was written and compares its sha256 with that of the unpacked image. */
  readonly verify?: "hash" | undefined;
  /** How the image is compressed; the exporter unpacks it. */
  readonly encoding?: ContentEncoding | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte moving. Default 2 minutes. */
  readonly stallTimeoutMs?: number | undefined;
  /** Milliseconds for what cannot be seen to move: a device that finishes, an exporter that downloads. Default 30 minutes. */
  readonly finishTimeoutMs?: number | undefined;
}

export interface FlashReport {
  /** Of the unpacked image; known only with `onlyIfChanged` or `verify`. */
  readonly sha256: string | undefined;
  /** True if the device held the image already, so that nothing was written. */
  readonly isSkipped: boolean;
  /** True if what the device gave back was compared. */
  readonly isVerified: boolean;
}

/** What can be written to and read back. */
export interface FlashDevice {
  /** For people: `board.flasher`. */
  readonly what: string;
  /** Runs the work while the device can be written to, and gives it back on every path. */
  attached<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  write(image: ResourceSource, options: CallOptions): Promise<void>;
  /** The sha256 of the first bytes of what the device holds. */
  readBack(
    lengthBytes: number,
    options: { readonly signal: AbortSignal; readonly onBytes: (doneBytes: number) => void },
  ): Promise<string>;
  /** The sha256 of the unpacked image that the device is known to hold. */
  held(signal: AbortSignal): Promise<string | undefined>;
  /** Told before a write, with nothing, and after one that succeeded. */
  remember(sha256: string | undefined): void;
}

const defaultStallMs = 2 * 60_000;
const defaultFinishMs = 30 * 60_000;

export async function flashImage(
  device: FlashDevice,
  given: ResourceSource,
  { onlyIfChanged = false, verify, encoding, stallTimeoutMs, finishTimeoutMs = defaultFinishMs }: FlashOptions,
  context: OperationContext<FlashProgress>,
): Promise<FlashReport> {
  const image = await lookAtImage(given, encoding);
  assertReadable(image, { onlyIfChanged, verify });
  const meter = createMeter((progress) => context.report(progress));
  using guard = guardStall({
    signal: context.signal,
    timeoutMs: stallTimeoutMs ?? defaultStallMs,
    what: `the flash of ${device.what}`,
    seen: () => `${meter.doneBytes()} bytes of ${image.name} in the phase "${meter.phase()}"`,
  });

  if (onlyIfChanged && image.kind === "again") {
    const held = await device.held(guard.signal);
    if (held !== undefined && held === (await digestBefore(image, meter, guard)).sha256) {
      meter.enter("done");
      return { sha256: held, isSkipped: true, isVerified: false };
    }
  }

  device.remember(undefined);
  return await device.attached(guard.signal, async () => {
    const sent = await send(device, image, {
      meter,
      guard,
      finishTimeoutMs,
      isDigested: onlyIfChanged || verify !== undefined,
    });
    if (verify !== undefined) await verifyDevice(device, sent, { meter, guard, stallTimeoutMs });
    device.remember(sent?.sha256);
    meter.enter("done");
    return { sha256: sent?.sha256, isSkipped: false, isVerified: verify !== undefined };
  });
}

function assertReadable(image: Image, { onlyIfChanged, verify }: Pick<FlashOptions, "onlyIfChanged" | "verify">): void {
  if (onlyIfChanged !== true && verify === undefined) return;
  if (image.kind === "url" || (onlyIfChanged === true && image.kind === "once")) {
    throw refuse(
      `${image.name} cannot be read twice by this client, as onlyIfChanged and verify need: give a file, or leave them away`,
      "IMAGE_INVALID",
    );
  }
}

type Readable = Extract<Image, { readonly kind: "again" | "once" }>;

function digestBefore(image: Readable, meter: Meter, guard: StallGuard): Promise<Digest> {
  meter.enter("checking");
  return digestOf(image.read(), image.encoding, (doneBytes) => {
    guard.signal.throwIfAborted();
    guard.alive();
    meter.move(doneBytes);
  });
}

interface Sending {
  readonly meter: Meter;
  readonly guard: StallGuard;
  readonly finishTimeoutMs: number;
  readonly isDigested: boolean;
}

async function send(
  device: FlashDevice,
  image: Image,
  { meter, guard, finishTimeoutMs, isDigested }: Sending,
): Promise<Digest | undefined> {
  const totalBytes = image.kind === "url" ? undefined : image.totalBytes;
  const finish = (): void => {
    if (meter.phase() !== "writing") return;
    guard.alive(finishTimeoutMs);
    meter.enter("finishing");
  };
  meter.enter("writing", totalBytes);
  // Nobody here sees the bytes of a URL move.
  if (image.kind === "url") guard.alive(finishTimeoutMs);
  else guard.alive();
  if (totalBytes === 0) finish();

  const digested = image.kind !== "url" && isDigested ? digesting(image.read(), image.encoding) : undefined;
  // Of a stream nobody knows beforehand where it ends.
  const chunks = digested?.chunks ?? (image.kind === "once" ? image.read() : undefined);
  try {
    await device.write(chunks === undefined ? image.source : sourceOf(withEnd(chunks, finish), image), {
      signal: guard.signal,
      onProgress: ({ doneBytes }) => {
        if (meter.phase() !== "writing") return;
        guard.alive();
        meter.move(doneBytes);
        if (totalBytes !== undefined && doneBytes >= totalBytes) finish();
      },
    });
  } catch (error) {
    // The device only learned that the bytes stopped, or that they are no good.
    throw digested?.failure() ?? error;
  }
  return digested?.digest();
}

async function* withEnd(chunks: AsyncIterable<Uint8Array>, onEnd: () => void): AsyncGenerator<Uint8Array> {
  yield* chunks;
  onEnd();
}

function sourceOf(chunks: AsyncIterable<Uint8Array>, { encoding }: Image): ResourceSource {
  return encoding === undefined ? chunks : { from: chunks, encoding };
}

async function verifyDevice(
  device: FlashDevice,
  sent: Digest | undefined,
  {
    meter,
    guard,
    stallTimeoutMs = defaultStallMs,
  }: Pick<Sending, "meter" | "guard"> & Pick<FlashOptions, "stallTimeoutMs">,
): Promise<void> {
  if (sent === undefined) {
    const message = `${device.what} was done before it had taken the whole image, so that there is nothing to compare`;
    throw refuse(message, "VERIFY_MISMATCH", "unavailable");
  }
  meter.enter("verifying", sent.lengthBytes);
  guard.alive(stallTimeoutMs);
  const seen = await device.readBack(sent.lengthBytes, {
    signal: guard.signal,
    onBytes: (doneBytes) => {
      guard.alive();
      meter.move(doneBytes);
    },
  });
  if (seen === sent.sha256) return;
  throw refuse(
    `${device.what} does not hold what was written: sha256 ${seen} where the image has ${sent.sha256}`,
    "VERIFY_MISMATCH",
    "unavailable",
  );
}
