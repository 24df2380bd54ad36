import type { CallOptions } from "@jumpstarter-ts/core";
import {
  cameraNoise,
  decodeImage,
  expectSameAsFile,
  polled,
  readReference,
  waitForStable,
  type FileOptions,
  type Picture,
  type StableOptions,
} from "@jumpstarter-ts/picture";

/** What has pictures: a camera, a screen grabber. */
export interface FrameSource {
  snapshot(options?: CallOptions): Promise<Uint8Array>;
}

/** A picture that has stayed as it is. */
export interface StableFrame {
  /** As the camera gave it. */
  readonly bytes: Uint8Array;
  readonly picture: Picture;
}

/** What may differ is by default a camera's noise. */
export interface StableFrameOptions extends StableOptions {
  /** Between two looks. Default 100 milliseconds. */
  readonly intervalMs?: number;
}

export interface ExpectFrameOptions extends StableFrameOptions, Omit<FileOptions, "what"> {}

/** What every camera's client can wait for. */
export interface FrameWaits {
  /** The picture once it has stayed as it is for a while. */
  waitForStableFrame(options?: StableFrameOptions): Promise<StableFrame>;
  /**
   * Waits until the picture stays as it is, and compares it with a reference image: a PNG or a JPEG file. A failure
   * writes what was seen, and how it differs.
   */
  expectFrame(reference: string, options?: ExpectFrameOptions): Promise<StableFrame>;
}

export function frameWaits(source: FrameSource, what: string): FrameWaits {
  const look = async (signal: AbortSignal): Promise<StableFrame> => {
    const bytes = await source.snapshot({ signal });
    return { bytes, picture: decodeImage(bytes) };
  };
  const waitForStableFrame: FrameWaits["waitForStableFrame"] = ({ intervalMs = 100, ...options } = {}) =>
    waitForStable(polled(what, look, { intervalMs }), { ...cameraNoise, ...options });
  return {
    waitForStableFrame,
    async expectFrame(reference, options = {}) {
      // What is missing is said before the wait.
      if (!options.isUpdate) await readReference(reference);
      const frame = await waitForStableFrame(options);
      await expectSameAsFile(frame.picture, reference, { ...cameraNoise, ...options, what });
      return frame;
    },
  };
}
