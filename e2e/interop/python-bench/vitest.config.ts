import { jumpstarter } from "@jumpstarter-ts/vitest/plugin";
import { defineConfig } from "vitest/config";

/** A test author's project, whose devices are those of whatever JUMPSTARTER_HOST names. */
export default defineConfig({
  plugins: [jumpstarter({ connect: "auto" })],
  test: { include: ["hw/**/*.hw.ts"] },
});
