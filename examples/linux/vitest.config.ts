import { jumpstarter } from "@jumpstarter-ts/vitest/plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    jumpstarter({
      // Another YAML is another board: JMP_TEST_EXPORTER=exporters/bench.yaml npx vitest run
      exporters: process.env["JMP_TEST_EXPORTER"] ?? "exporters/qemu.yaml",
    }),
  ],
  // A board takes its time.
  test: { include: ["tests/**/*.test.ts"], testTimeout: 60_000 },
});
