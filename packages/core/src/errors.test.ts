import { describe, expect, it } from "vitest";

import { isJumpstarterError, JumpstarterError, messageOf } from "./errors.ts";

describe("an error of ours", () => {
  it("says what the caller can do and keeps its cause", () => {
    const cause = new Error("EBUSY");

    const error = new JumpstarterError("port /dev/ttyUSB0 is held by another program", {
      code: "unavailable",
      reason: "PORT_BUSY",
      cause,
    });

    expect(error).toMatchObject({ name: "JumpstarterError", code: "unavailable", reason: "PORT_BUSY", cause });
    expect(isJumpstarterError(error)).toBe(true);
  });

  it("is told from foreign errors, also from those that look alike", () => {
    const lookAlike = Object.assign(new Error("x"), {
      code: "unavailable",
      reason: "PORT_BUSY",
      name: "JumpstarterError",
    });

    expect(isJumpstarterError(lookAlike)).toBe(false);
    expect(isJumpstarterError(null)).toBe(false);
    expect(isJumpstarterError("unavailable")).toBe(false);
  });
});

describe("the sentence of a thrown value", () => {
  it("names the causes that the message does not hold already", () => {
    const inner = new Error("connect ECONNREFUSED 127.0.0.1:1");

    expect(messageOf(new Error("lab is unreachable", { cause: inner }))).toBe(
      "lab is unreachable: connect ECONNREFUSED 127.0.0.1:1",
    );
    expect(messageOf(new Error(`lab is unreachable (${inner.message})`, { cause: inner }))).toBe(
      "lab is unreachable (connect ECONNREFUSED 127.0.0.1:1)",
    );
  });

  it("is complete where the error is one of ours", () => {
    const cause = new Error("ENOENT: no such file or directory, open 'uno.hex'");
    const error = new JumpstarterError("the firmware uno.hex is not there: build it, or correct the path", {
      code: "not-found",
      reason: "FIRMWARE_MISSING",
      cause,
    });

    expect(messageOf(error)).toBe("the firmware uno.hex is not there: build it, or correct the path");
  });

  it("is the text of whatever was thrown, and the name of an error without a text", () => {
    expect(messageOf("just a string")).toBe("just a string");
    expect(messageOf(new TypeError(""))).toBe("TypeError");
  });
});
