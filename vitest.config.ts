import { defineConfig } from "vitest/config";

/** The suite of this repository. What users configure is in examples/. */
export default defineConfig({
  test: {
    include: ["packages/**/src/**/*.test.ts", "e2e/**/*.test.ts", "scripts/**/*.test.ts", "bench/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/fixtures/**"],
    pool: "forks",
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 20_000,
    passWithNoTests: false,
  },
});
