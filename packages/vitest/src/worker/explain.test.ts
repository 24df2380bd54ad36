import { createRecorder } from "@jumpstarter-ts/console";
import { bytes, JumpstarterError } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { StateError } from "../states/state-error.ts";
import { classify, explainFailure } from "./explain.ts";

const device = { name: "uno", description: "exporters/uno.yaml", socket: "/run/uno.sock" };

describe("a failure", () => {
  it("says which device it was, what its console said last, and whose fault it is", () => {
    const recorder = createRecorder();
    recorder.push(bytes("U-Boot 2026.01\npanic\n"));
    const error = new JumpstarterError("power.on failed: no answer", { code: "unavailable", reason: "GONE" });

    explainFailure(error, { device, recorders: [recorder] });

    expect(error.message.split("\n")).toEqual([
      "power.on failed: no answer",
      "  DUT       uno (exporters/uno.yaml)",
      "  Last lines of console",
      "    U-Boot 2026.01",
      "    panic",
      "  Class     InfraError: the bench did not do its part",
    ]);
    expect(error.stack).toContain(error.message);
  });

  it("of a wait puts the device above what the console has to say", async () => {
    const recorder = createRecorder();
    const error: unknown = await recorder
      .console()
      .waitFor("login:", { timeout: 1 })
      .catch((caught: unknown) => caught);
    if (!(error instanceof Error)) throw new Error("the wait did not fail");

    explainFailure(error, { device, recorders: [recorder] });

    expect(error.message).toMatch(/^console did not emit "login:" within 1ms\n {2}DUT +uno .*\n {2}Waited/);
    expect(error.message).toMatch(/Class +DutError/);
  });

  it("of a test whose time is over says what it was waiting for", () => {
    const error = new Error("Test timed out in 5000ms.\nIf this is a long-running test, say so.");

    explainFailure(error, { device, recorders: [], cut: ['console.waitFor("login:")', "power.on()"] });

    expect(error.message.split("\n").slice(2)).toEqual([
      '  Waiting   in console.waitFor("login:"), power.on()',
      "  DUT       uno (exporters/uno.yaml)",
    ]);
  });

  it("of an ordinary assertion has no class", () => {
    const error = new Error("expected 1 to be 2");

    explainFailure(error, { device, recorders: [] });

    expect(error.message).toBe("expected 1 to be 2\n  DUT       uno (exporters/uno.yaml)");
  });

  it("of a state is that of what kept the device from it", () => {
    const missing = new JumpstarterError("there is no u-boot.bin", {
      code: "failed-precondition",
      reason: "QEMU_FILE_MISSING",
    });
    const error = new StateError('the device did not reach "shell"', missing);

    explainFailure(error, { device, recorders: [] });

    expect(error.message).toMatch(/Class +InfraError/);
  });

  it.for([
    ["CONSOLE_NO_MATCH", "deadline-exceeded", "DutError"],
    ["CONSOLE_FAILED_ON", "failed-precondition", "DutError"],
    ["CONSOLE_ENDED", "unavailable", "InfraError"],
    ["CONSOLE_BAD_PATTERN", "invalid-argument", "TestError"],
    ["UBOOT_NO_PROMPT", "deadline-exceeded", "DutError"],
    ["SHELL_COMMAND_FAILED", "failed-precondition", "DutError"],
    ["SHELL_NOT_INSTALLED", "failed-precondition", "InfraError"],
    ["QEMU_FILE_MISSING", "failed-precondition", "InfraError"],
    ["QEMU_OFF", "failed-precondition", "TestError"],
    ["PLUGIN_MISSING", "failed-precondition", "TestError"],
    ["STATE_NOT_REACHED", "failed-precondition", "DutError"],
    ["TIMEOUT", "deadline-exceeded", "InfraError"],
    ["DUT_MISMATCH", "not-found", "TestError"],
    ["TEST_ENDED", "cancelled", "TestError"],
  ] as const)("with the reason %s and the code %s is a %s", ([reason, code, expected]) => {
    expect(classify({ code, reason })).toBe(expected);
  });
});
