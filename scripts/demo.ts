/** The README's first run: builds, then runs the example's tests on the emulated board. */
import { join } from "node:path";

import { root, step } from "./step.ts";

step("build the packages", "tsc", ["-b"]);
step("flash real firmware into an emulated Arduino Uno and test it over gRPC", "sh", [
  "-c",
  `cd "${join(root, "examples", "arduino")}" && exec vitest run --reporter=verbose`,
]);
