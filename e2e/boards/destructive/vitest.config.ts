import { jumpstarter } from "@jumpstarter-ts/vitest/plugin";
import { defineConfig } from "vitest/config";

/** A project of a test author; which board it runs on its exporter configuration says. */
export default defineConfig({
  plugins: [jumpstarter({ connect: "local", exporters: process.env["BOARD_EXPORTER"] ?? "exporters/*.yaml" })],
  test: { include: ["hw/**/*.hw.ts"], testTimeout: 120_000 },
});
