import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import { createSecret } from "./secret.ts";

describe("a secret", () => {
  it("shows itself only to who asks for it by name", () => {
    const secret = createSecret("s3cr3t");

    expect(secret.reveal()).toBe("s3cr3t");
    for (const shown of [
      String(secret),
      JSON.stringify({ secret }),
      inspect({ secret }, { showHidden: true, depth: 9 }),
    ]) {
      expect(shown).toContain("[secret]");
      expect(shown).not.toContain("s3cr3t");
    }
  });
});
