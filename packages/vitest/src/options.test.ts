import { describe, expect, it } from "vitest";

import { findNeeds } from "./find-needs.ts";
import { readOptions } from "./options.ts";
import { refuseVersion } from "./vitest-settings.ts";

describe("the options of the plugin", () => {
  it("take the session that JUMPSTARTER_HOST names, and else the exporters of the project", () => {
    expect(readOptions({}, { JUMPSTARTER_HOST: "/run/lease.sock" }).connect).toEqual({
      kind: "host",
      host: "/run/lease.sock",
    });
    expect(readOptions({}, { JUMPSTARTER_HOST: "" }).connect).toEqual({ kind: "local" });
    expect(readOptions({ connect: "local" }, { JUMPSTARTER_HOST: "/run/lease.sock" }).connect).toEqual({
      kind: "local",
    });
  });

  it("leave devices safe between tests, and give each clock its time", () => {
    expect(readOptions({ timeouts: { lease: "1m" } }, {})).toMatchObject({
      exporters: ["./exporters/*.yaml"],
      between: "safe",
      timeouts: { leaseMs: 60_000, prepareMs: 60_000, cleanUpMs: 5_000, safeStateMs: 10_000, idleMs: 30_000 },
    });
  });

  it("are refused in a sentence that says what is possible", () => {
    // @ts-expect-error -- as it comes from a configuration in JavaScript
    expect(() => readOptions({ between: "on" }, {})).toThrow('between is "on"; it must be "safe" or "keep"');
    // @ts-expect-error -- as above
    expect(() => readOptions({ connect: "lab" }, {})).toThrow('connect is "lab"; it must be "auto", "local" or');
  });
});

describe("the version of Vitest", () => {
  it("must be one that this package was written for", () => {
    expect(() => refuseVersion("5.1.0")).not.toThrow();
    expect(() => refuseVersion("4.1.12")).toThrow("@jumpstarter-ts/vitest supports vitest ^5, found 4.1.12");
  });
});

describe("what a test file will need", () => {
  it("is guessed from its text", () => {
    expect(findNeeds('const test = dutTest("uno");')).toEqual([{ name: "uno" }]);
    expect(findNeeds("const test = dutTest({ power });")).toEqual([{ children: [] }]);
    expect(findNeeds('test("boots", async ({ dut }) => {})')).toEqual([{ children: [] }]);
    expect(findNeeds('test("adds", () => {})')).toEqual([]);
  });
});
