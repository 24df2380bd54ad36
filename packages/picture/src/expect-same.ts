import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";

import { JumpstarterError } from "@jumpstarter-ts/core";

import { comparePictures, describeDifference, drawDifference, isSameSize, type CompareOptions } from "./compare.ts";
import { decodeImage } from "./decode-image.ts";
import { encodePng } from "./encode-png.ts";
import type { Picture } from "./picture.ts";

/** Throws `failed-precondition` (`PICTURE_DIFFERS`) unless the pictures are alike, and says where they differ. */
export function expectSame(picture: Picture, reference: Picture, options: CompareOptions = {}): void {
  const comparison = comparePictures(picture, reference, options);
  if (comparison.isAlike) return;
  throw differs(`the picture is not the expected one: ${describeDifference(picture, reference, comparison, options)}`);
}

export interface FileOptions extends CompareOptions {
  /** Names the picture in errors. Default: `the picture`. */
  readonly what?: string;
  /** Where a failure writes what was seen and how it differs. Default: `test-results/pictures`. */
  readonly outputDirectory?: string;
  /** Writes the picture as the reference, a PNG, and compares nothing. Default false. */
  readonly isUpdate?: boolean;
}

/**
 * Compares a picture with a reference image, a PNG or a JPEG. Throws `failed-precondition` (`PICTURE_DIFFERS`) after
 * writing what was seen and the difference as `…-actual.png` and `…-difference.png`.
 */
export async function expectSameAsFile(
  picture: Picture,
  file: string,
  { what = "the picture", outputDirectory = join("test-results", "pictures"), isUpdate, ...compare }: FileOptions = {},
): Promise<void> {
  if (isUpdate) return writeFile(file, encodePng(picture));
  const reference = await readReference(file);
  const comparison = comparePictures(picture, reference, compare);
  if (comparison.isAlike) return;
  const write = async (kind: string, content: Picture): Promise<string> => {
    const path = join(outputDirectory, `${basename(file, extname(file))}-${kind}.png`);
    await mkdir(outputDirectory, { recursive: true });
    await writeFile(path, encodePng(content));
    return path;
  };
  const seen = `what was seen is in ${await write("actual", picture)}`;
  const drawn = isSameSize(picture, reference)
    ? `, the difference in ${await write("difference", drawDifference(picture, reference, compare))}`
    : "";
  throw differs(
    `${what} is not ${file}: ${describeDifference(picture, reference, comparison, compare)}; ${seen}${drawn}`,
  );
}

/** Throws `not-found` (`PICTURE_NO_REFERENCE`) where there is no such file. */
export async function readReference(file: string): Promise<Picture> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new JumpstarterError(`there is no reference image ${file}: make it with isUpdate, and look at it`, {
      code: "not-found",
      reason: "PICTURE_NO_REFERENCE",
      cause,
    });
  });
  return decodeImage(bytes);
}

function differs(message: string): JumpstarterError {
  return new JumpstarterError(message, { code: "failed-precondition", reason: "PICTURE_DIFFERS" });
}
