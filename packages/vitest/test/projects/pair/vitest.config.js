import { jumpstarter } from "@jumpstarter-ts/vitest/plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({ plugins: [jumpstarter()], test: { include: ["hw/**/*.hw.ts"] } });
