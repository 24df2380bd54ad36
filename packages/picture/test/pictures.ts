import fc from "fast-check";

import type { Picture } from "../src/index.ts";

/** A grey screen of 20 × 10 pixels, with some of them set to a light. */
export function screen(lights: Readonly<Record<string, number>> = {}, grey = 100): Picture {
  const data = new Uint8Array(20 * 10 * 3).fill(grey);
  for (const [place, light] of Object.entries(lights)) {
    const [x = 0, y = 0] = place.split(",").map(Number);
    data.fill(light, (y * 20 + x) * 3, (y * 20 + x) * 3 + 3);
  }
  return { width: 20, height: 10, data };
}

export const smallSize = fc.record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) });

export const smallPicture = smallSize.chain(({ width, height }) => {
  const bytes = width * height * 3;
  return fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((data): Picture => ({ width, height, data: new Uint8Array(data) }));
});
