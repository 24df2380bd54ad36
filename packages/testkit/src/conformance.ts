/** What a suite needs of the test runner; Vitest's `it` and `expect` fit, and so may others. */
export interface Runner {
  readonly it: (title: string, test: () => Promise<void>) => unknown;
  readonly expect: Expect;
}

/** The part of an `expect` that the suites use. */
export type Expect = (value: unknown) => {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  toContain(expected: string): void;
  toBeGreaterThanOrEqual(expected: number): void;
  toMatchObject(expected: object): void;
};

/** The error that a promise rejects with; an `Error` saying so if it does not. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    const value = await work;
    return new Error(`it should have failed, but gave ${JSON.stringify(value)}`);
  } catch (error) {
    return error;
  }
}
