import { jumpstarter } from "@jumpstarter-ts/vitest/plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [jumpstarter({ connect: "local", exporters: "board.yaml" })],
  test: { include: ["hw/**/*.hw.ts"], testTimeout: 30_000 },
});
