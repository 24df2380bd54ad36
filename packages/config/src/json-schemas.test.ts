import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import { isValid } from "../test/json-schema.ts";
import { parseClientConfig } from "./client-config.ts";
import { parseExporterConfig } from "./exporter-config.ts";
import { jsonSchemas } from "./json-schemas.ts";

const schemas = jsonSchemas();

const isParsed = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch {
    return false;
  }
};

describe("the schemas for editors", () => {
  it("are those that the source makes (node packages/config/scripts/schemas.ts writes them)", () => {
    for (const [name, schema] of Object.entries(schemas)) {
      const written: unknown = JSON.parse(readFileSync(new URL(`../schemas/${name}`, import.meta.url), "utf8"));
      // JSON knows no undefined.
      expect(written).toEqual(JSON.parse(JSON.stringify(schema)));
    }
  });

  it.each([
    ["export: {}", true],
    ["kind: Exporter\nexport: { a: { type: x, config: { any: [1] } } }", true],
    ["export: { a: { ref: b }, g: { children: { b: { type: x } } }, n: {} }", true],
    ["export: {}\nhooks: { beforeLease: { script: j power on, timeout: 5, onFailure: exit }, afterLease: }", true],
    ["export: {}\ntoken:\nfailureDetection: { maxRapidFailures: 0 }\nexitOnLeaseEnd: true", true],
    ["kind: ClientConfig\nexport: {}", false],
    ["export: { a: { ref: b, type: x } }", false],
    ["export: { a: { config: {} } }", false],
    ["export: { a: { tpye: x } }", false],
    ["export: { g: { children: { b: { type: 5 } } } }", false],
    ["export: {}\nhooks: { beforeLease: { timeout: 5 } }", false],
    ["export: {}\nhooks: { beforeLease: { script: x, onFailure: explode } }", false],
    ["metadata: { name: x }", false],
    ["export: {}\nhoks: {}", false],
  ])("judge an exporter's as our reader does: %j", (text, isGood) => {
    expect(isParsed(() => parseExporterConfig(text, { file: "x.yaml", env: {} }))).toBe(isGood);
    expect(isValid(schemas["exporter-config.json"], parse(text))).toBe(isGood);
  });

  it.each([
    ["metadata: { name: a, namespace: lab }", true],
    [
      "kind: Client\nmetadata: { name: a, namespace: }\ndrivers: { allow: 'a*,b*' }\nleases: { dial_timeout: 0.5 }",
      true,
    ],
    ["metadata: { name: a, namespace: lab }\ntls: { insecure: true }\ngrpcOptions: { x: 1, y: z }", true],
    ["endpoint: lab:443", false],
    ["metadata: { name: a }", false],
    ["metadata: { name: a, namespace: lab }\nleases: { acquisition_timeout: 4 }", false],
    ["metadata: { name: a, namespace: lab, extra: 1 }", false],
    ["metadata: { name: a, namespace: lab }\nrefreshToken: x", false],
  ])("judge a client's as our reader does: %j", (text, isGood) => {
    expect(isParsed(() => parseClientConfig(text, { file: "x.yaml", env: {} }))).toBe(isGood);
    expect(isValid(schemas["client-config.json"], parse(text))).toBe(isGood);
  });
});
