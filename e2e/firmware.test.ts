import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { root } from "../scripts/step.ts";

const board = join(root, "fixtures", "boards", "arduino");
const hasTools = ["/usr/bin/avr-gcc", "/usr/share/arduino/hardware/arduino/avr"].every((path) => existsSync(path));

describe.skipIf(!hasTools && process.env["CI"] !== "true")("the firmware of the example board", () => {
  it("is what its sources build, byte for byte", () => {
    const { status, stdout, stderr } = spawnSync("sh", [join(board, "build.sh"), "--check"], { encoding: "utf8" });

    expect(`${stdout}${stderr}`).not.toContain("differs");
    expect(status).toBe(0);
  }, 60_000);
});

it.each(["uno.hex", "uno-v2.hex"])("the example's %s is the fixture's", (name) => {
  expect(readFileSync(join(root, "examples", "arduino", "firmware", name))).toEqual(readFileSync(join(board, name)));
});
