import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";

import { JumpstarterError } from "@jumpstarter-ts/core";

import { comparePictures, defaultTolerance, drawDifference } from "./compare.ts";
import { decodeImage } from "./decode.ts";
import type { Picture } from "./picture.ts";
import { encodePng } from "./png.ts";
import { waitForStableFrame, type FrameSource, type StableFrame, type StableFrameOptions } from "./stable-frame.ts";

export interface ExpectFrameOptions extends StableFrameOptions {
  /** Where a failure writes what was seen and how it differs. Default: `test-results/frames`. */
  readonly outputDirectory?: string;
  /** Writes what is seen as the reference where there is none, or over the one that is there. Default false. */
  readonly isUpdate?: boolean;
}

/**
 * Waits until the picture stays as it is, and compares it with a reference image, a PNG or a JPEG. Throws
 * `failed-precondition` (`VIDEO_FRAME_DIFFERS`) after writing what was seen and the difference as PNGs.
 */
export async function expectFrame(
  source: FrameSource,
  what: string,
  reference: string,
  options: ExpectFrameOptions = {},
): Promise<StableFrame> {
  const { outputDirectory = join("test-results", "frames"), isUpdate = false, tolerance = defaultTolerance } = options;
  const expected = isUpdate ? undefined : await readReference(reference);
  const stable = await waitForStableFrame(source, what, options);
  const { picture } = stable;
  if (expected === undefined) {
    await writeFile(reference, extname(reference).toLowerCase() === ".png" ? encodePng(picture) : stable.bytes);
    return stable;
  }
  const write = async (kind: string, content: Picture): Promise<string> => {
    const file = join(outputDirectory, `${basename(reference, extname(reference))}-${kind}.png`);
    await mkdir(outputDirectory, { recursive: true });
    await writeFile(file, encodePng(content));
    return file;
  };
  if (expected.width !== picture.width || expected.height !== picture.height) {
    const seen = await write("actual", picture);
    throw differs(
      `${what} has ${picture.width} × ${picture.height} pixels and ${reference} ${expected.width} × ${expected.height}; ` +
        `what was seen is in ${seen}`,
    );
  }
  const { isAlike, differingPixels, share, region } = comparePictures(picture, expected, options);
  if (isAlike) return stable;
  const [seen, difference] = [
    await write("actual", picture),
    await write("difference", drawDifference(picture, expected, options)),
  ];
  const place = region === undefined ? "" : ` within ${region.width} × ${region.height} at ${region.x},${region.y}`;
  throw differs(
    `${what} does not show ${reference}: ${differingPixels} pixels differ (${percent(share)}, ${percent(tolerance)} ` +
      `may)${place}; what was seen is in ${seen}, the difference in ${difference}`,
  );
}

async function readReference(path: string): Promise<Picture> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new JumpstarterError(`there is no reference image ${path}: make it with isUpdate, and look at it`, {
      code: "not-found",
      reason: "VIDEO_NO_REFERENCE",
      cause,
    });
  });
  return decodeImage(bytes);
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function differs(message: string): JumpstarterError {
  return new JumpstarterError(message, { code: "failed-precondition", reason: "VIDEO_FRAME_DIFFERS" });
}
