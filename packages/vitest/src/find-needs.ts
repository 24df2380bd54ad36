import type { Need } from "./control.ts";

/**
 * What a test file will ask for, as far as its text tells: the argument of `dutTest("uno")`. It is a guess that saves
 * time; a device that nobody guessed is started when it is asked for.
 */
export function findNeeds(text: string): readonly Need[] {
  return [...text.matchAll(/\bdutTest\(\s*(?:(["'`])([^"'`]+)\1)?/g)].map(([, , name]) =>
    name === undefined ? { children: [] } : { name },
  );
}
