import { describe, expect, it } from "vitest";

import { formatHost, grpcTarget, parseHost } from "./index.ts";

describe("parseHost", () => {
  it.each([
    ["dut.example:1234", { kind: "tcp", host: "dut.example", port: 1234 }],
    ["127.0.0.1:1", { kind: "tcp", host: "127.0.0.1", port: 1 }],
    ["[::1]:65535", { kind: "tcp", host: "::1", port: 65_535 }],
    ["::1:80", { kind: "tcp", host: "::1", port: 80 }],
    ["/run/user/0/jumpstarter-x/socket", { kind: "unix", path: "/run/user/0/jumpstarter-x/socket" }],
    ["socket", { kind: "unix", path: "socket" }],
    ["8082", { kind: "unix", path: "8082" }],
    ["/tmp/a:b", { kind: "unix", path: "/tmp/a:b" }],
    ["host:0", { kind: "unix", path: "host:0" }],
    ["host:65536", { kind: "unix", path: "host:65536" }],
    ["host:", { kind: "unix", path: "host:" }],
    ["unix:///tmp/socket", { kind: "unix", path: "/tmp/socket" }],
    ["unix:/tmp/socket", { kind: "unix", path: "/tmp/socket" }],
  ])("reads %s", (text, address) => {
    expect(parseHost(text)).toEqual(address);
  });

  it.each(["", ":80", "unix:", "a\0b"])("refuses %j", (text) => {
    expect(() => parseHost(text)).toThrow(expect.objectContaining({ reason: "ADDRESS_INVALID" }));
  });

  it.each(["dut.example:1234", "[::1]:80", "/tmp/socket"])("reads back what formatHost writes: %s", (text) => {
    expect(formatHost(parseHost(text))).toBe(text);
  });

  it("gives grpc-js a target that it takes for what it is", () => {
    expect(grpcTarget({ kind: "unix", path: "/tmp/s" })).toBe("unix:/tmp/s");
    expect(grpcTarget({ kind: "tcp", host: "::1", port: 80 })).toBe("[::1]:80");
  });
});
