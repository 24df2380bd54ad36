import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";

import { describe, expect, it } from "vitest";

import { root } from "../scripts/step.ts";
import { pythonPeer } from "./peers/python.ts";

const peer = pythonPeer();

describe.skipIf(peer === undefined && process.env["CI"] !== "true")("the files of deploy/", () => {
  it("are accepted by systemd and by the linter of Containerfiles", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "deploy", "check.ts")], {
      encoding: "utf8",
      env: { ...process.env, PATH: `${peer?.bin}${delimiter}${process.env["PATH"]}` },
    });

    expect(`${stdout}${stderr}`).not.toMatch(/systemd unit: not checked|Containerfile: not checked/);
    expect(status).toBe(0);
  });
});
