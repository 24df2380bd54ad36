/** What CI runs, in order, fast first. `--skip tests` leaves the tests to a run of `npm test`. */
import { parseArgs } from "node:util";

import { step } from "./step.ts";

const { values } = parseArgs({ options: { skip: { type: "string", multiple: true, default: [] } } });

step("the code follows the formatter", "prettier", ["--check", "--log-level", "warn", "."]);
step("imports go one way", "node", ["scripts/boundaries.ts"]);
step("no source file is over 300 lines", "node", ["scripts/file-sizes.ts"]);
step("generated code is fresh", "node", ["scripts/generate.ts", "--check"]);
step("types", "tsc", ["-b"]);
step("JSON schemas are fresh", "node", ["packages/config/scripts/schemas.ts", "--check"]);
step("service files are what their readers accept", "node", ["deploy/check.ts"]);
step("types of tests, scripts and examples", "tsc", ["-p", "tsconfig.check.json"]);
step("lint", "oxlint", ["--type-aware", "--deny-warnings"]);
step("README code is copied from the examples", "node", ["scripts/readme.ts", "--check"]);
step("packages can be published", "node", ["scripts/packages.ts"]);
if (!values.skip.includes("tests")) step("tests", "node", ["scripts/test-all.ts"]);
