import { Metadata } from "@grpc/grpc-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  isResourceHandle,
  readResourceAnswer,
  readResourceHandle,
  readStreamTarget,
  resourceMetadata,
  streamMetadata,
  type StreamTarget,
} from "./index.ts";

const names = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
const targets: fc.Arbitrary<StreamTarget> = fc.oneof(
  fc.record({ kind: fc.constant("driver" as const), uuid: names, method: names }),
  fc.record({ kind: fc.constant("resource" as const), uuid: names, contentEncoding: fc.option(names) }),
);

describe("the request of a stream", () => {
  it("is read as it was written, and travels as ASCII", () => {
    fc.assert(
      fc.property(targets, (target) => {
        const metadata = streamMetadata(target);

        expect(String(metadata.get("request")[0])).toMatch(/^[ -~]*$/);
        expect(readStreamTarget(metadata)).toEqual(target);
      }),
    );
  });

  it("has upstream's form", () => {
    const driver = streamMetadata({ kind: "driver", uuid: "9f11", method: "connect" });
    const resource = streamMetadata({ kind: "resource", uuid: "9f11", contentEncoding: null });

    expect(driver.get("request")).toEqual(['{"kind":"driver","uuid":"9f11","method":"connect"}']);
    expect(resource.get("request")).toEqual(['{"kind":"resource","uuid":"9f11","x_jmp_content_encoding":null}']);
  });

  it("may hold more than we know, and spaces", () => {
    const metadata = header("request", '{ "kind": "driver", "uuid": "9f11", "method": "connect", "colour": "blue" }');

    expect(readStreamTarget(metadata)).toEqual({ kind: "driver", uuid: "9f11", method: "connect" });
  });

  it.each([
    ["nothing", new Metadata(), "it is missing"],
    ["no JSON", header("request", "{"), "it is not JSON"],
    ["a list", header("request", "[]"), "it is not a JSON object"],
    ["an unknown kind", header("request", '{"kind":"x","uuid":"u"}'), 'its kind is "x", not "driver" or "resource"'],
    ["no uuid", header("request", '{"kind":"driver","method":"m"}'), "its uuid is missing or not text"],
    ["no method", header("request", '{"kind":"driver","uuid":"u","method":1}'), "its method is missing or not text"],
    ["too much", header("request", `"${"x".repeat(5000)}"`), "it is longer than 4096 characters"],
  ])("is refused when it holds %s", (_name, metadata, message) => {
    expect(() => readStreamTarget(metadata)).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        reason: "STREAM_REQUEST_INVALID",
        message: `the request of the stream cannot be used: ${message}`,
      }),
    );
  });
});

describe("the answer to a resource stream", () => {
  it("is read as it was written", () => {
    const handle = { kind: "client_stream", uuid: "88c1", x_jmp_content_encoding: "gzip" } as const;

    expect(readResourceAnswer(resourceMetadata({ handle, acceptEncoding: "gzip" }))).toEqual({
      handle,
      acceptEncoding: "gzip",
    });
  });

  it("takes Python's empty encoding for not negotiated", () => {
    const metadata = header("resource", '{"kind":"client_stream","uuid":"88c1","x_jmp_content_encoding":null}');
    metadata.set("x_jmp_accept_encoding", "");

    expect(readResourceAnswer(metadata).acceptEncoding).toBeUndefined();
  });

  it("leaves the header out where there is nothing to say", () => {
    const handle = { kind: "client_stream", uuid: "88c1", x_jmp_content_encoding: null } as const;

    expect(resourceMetadata({ handle, acceptEncoding: undefined }).get("x_jmp_accept_encoding")).toEqual([]);
  });
});

describe("a resource handle", () => {
  it("may be a request that the exporter makes by itself", () => {
    const handle = { kind: "presigned_request", url: "https://store/fw?sig=1", method: "GET", headers: { a: "b" } };

    expect(isResourceHandle(handle)).toBe(true);
    expect(readResourceHandle(handle)).toEqual(handle);
  });

  it.each([
    ["text", "88c1", "it is not an object"],
    ["a file URL", { kind: "presigned_request", url: "file:///etc/passwd", method: "GET" }, "its url is not an http"],
    ["another method", { kind: "presigned_request", url: "http://x/", method: "POST" }, "neither GET nor PUT"],
    [
      "a header that is not text",
      { kind: "presigned_request", url: "http://x/", method: "GET", headers: { a: 1 } },
      "its header a is not text",
    ],
    ["no uuid", { kind: "client_stream" }, "its uuid is missing"],
  ])("is refused when it is %s", (_name, value, message) => {
    expect(() => readResourceHandle(value)).toThrow(message);
  });

  it("is not mistaken for data", () => {
    expect(isResourceHandle({ kind: "relay" })).toBe(false);
    expect(isResourceHandle(null)).toBe(false);
  });
});

function header(key: string, value: string): Metadata {
  const metadata = new Metadata();
  metadata.set(key, value);
  return metadata;
}
