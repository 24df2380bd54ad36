import { jumpstarter } from "@jumpstarter-ts/vitest/plugin";
import { defineConfig } from "vitest/config";

/** Options of the plugin and of Vitest that a test of the hazard suite adds, as JSON. */
const more = JSON.parse(process.env.NESTED_CONFIG ?? "{}");

export default defineConfig({
  plugins: [jumpstarter({ timeouts: { cleanUp: "300ms", safeState: "2s" }, ...more.jumpstarter })],
  test: { include: ["hw/**/*.hw.ts"], testTimeout: 2_000, ...more.test },
});
