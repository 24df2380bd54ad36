import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { parseExporterConfig } from "@jumpstarter-ts/config";
import { createScope } from "@jumpstarter-ts/core";
import { startExporter } from "@jumpstarter-ts/exporter";
import { describe, expect, it } from "vitest";

import { makeSafe } from "./safe-state.ts";

describe("the safe state of a session", () => {
  it("is asked of every device once, however many names it has", async () => {
    await using scope = createScope("safe state");
    const directory = await mkdtemp(join(tmpdir(), "safe-state-"));
    scope.defer(() => rm(directory, { recursive: true, force: true }));
    const note = (name: string): string =>
      `{ type: "@jumpstarter-ts/driver-power#command", config: { on: ["true"], off: [sh, -c, "echo ${name} off >> ${directory}/notes"] } }`;
    const config = parseExporterConfig(
      `kind: ExporterConfig
export:
  board: { children: { rail: ${note("rail")}, relay: ${note("relay")} } }
  power: { ref: board.rail }
`,
      { file: join(directory, "board.yaml") },
    );
    const exporter = scope.use(await startExporter({ config, baseDirectory: import.meta.dirname }));
    const session = scope.use(await connect({ host: exporter.host }));

    const problems = await makeSafe(session, 5_000);

    expect(problems).toEqual([]);
    const notes = await readFile(join(directory, "notes"), "utf8");
    expect(notes.trim().split("\n").toSorted()).toEqual(["rail off", "relay off"]);
  });
});
