import { jumpstarter } from "@jumpstarter-ts/vitest/plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    jumpstarter({
      // Another YAML is another device: JMP_TEST_EXPORTER=exporters/uno-bench.yaml npx vitest run
      exporters: process.env["JMP_TEST_EXPORTER"] ?? "exporters/uno.yaml",
    }),
  ],
  test: { include: ["tests/**/*.test.ts"] },
});
