import type { Need } from "./control.ts";

/**
 * What a test file will ask for, as far as its text tells: by the argument of `dutTest("uno")`, or the word `dut`. It is a guess that saves
 * time; a device that nobody guessed is started when it is asked for.
 */
export function findNeeds(text: string): readonly Need[] {
  const named = [...text.matchAll(/\bdutTest\(\s*(?:(["'`])([^"'`]+)\1)?/g)].map(([, , name]) =>
    name === undefined ? { children: [] } : { name },
  );
  // Its `test` may come from another file.
  return named.length === 0 && /\bdut\b/.test(text) ? [{ children: [] }] : named;
}
