import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { findExporterFile, listExporterFiles } from "./exporter-files.ts";

async function home() {
  const directory = await mkdtemp(join(tmpdir(), "exporters-"));
  const user = join(directory, "exporters");
  const systemDirectory = join(directory, "etc");
  await mkdir(user);
  await mkdir(systemDirectory);
  await writeFile(join(user, "bench.yaml"), "");
  await writeFile(join(systemDirectory, "bench.yaml"), "");
  await writeFile(join(systemDirectory, "rack.yaml"), "");
  const options = { env: { JMP_CLIENT_CONFIG_HOME: directory }, systemDirectory, cwd: "/work" };
  return { user, systemDirectory, options, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

describe("the file of an exporter", () => {
  it("is the user's own, else the system's", async () => {
    await using place = await home();

    expect(findExporterFile("bench", place.options)).toBe(join(place.user, "bench.yaml"));
    expect(findExporterFile("rack", place.options)).toBe(join(place.systemDirectory, "rack.yaml"));
    expect([...listExporterFiles(place.options).keys()]).toEqual(["bench", "rack"]);
  });

  it("is a path where it looks like one", async () => {
    await using place = await home();

    expect(findExporterFile("bench.yaml", place.options)).toBe("/work/bench.yaml");
    expect(findExporterFile("./here/bench", place.options)).toBe("/work/here/bench");
  });

  it("that does not exist is named with the places that were looked at", async () => {
    await using place = await home();

    expect(() => findExporterFile("desk", place.options)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(join(place.user, "desk.yaml")), code: "not-found" }),
    );
    expect(() => findExporterFile("..", place.options)).toThrow(expect.objectContaining({ code: "not-found" }));
  });
});
