import { jumpstarter } from "@jumpstarter-ts/vitest/plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [jumpstarter({ timeouts: { cleanUp: "300ms", safeState: "2s" } })],
  test: { include: ["hw/**/*.hw.ts"], testTimeout: 2_000 },
});
