import { Socket } from "node:net";

import { createScope } from "@jumpstarter-ts/core";
import { expect, it } from "vitest";

import { connectError, hold, opened } from "./connecting.ts";

it("gives up a connection that nobody answers, and destroys its socket", async () => {
  await using scope = createScope("net");
  const holding = { scope, signal: new AbortController().signal, what: "TCP connection to 192.0.2.1:22" };
  const socket = hold(new Socket(), holding);

  const opening = opened(socket, { ...holding, event: "connect", timeoutMs: 5 });

  await expect(opening).rejects.toMatchObject({
    message: expect.stringContaining("the TCP connection to 192.0.2.1:22 failed"),
    code: "unavailable",
    reason: "CONNECTION_TIMEOUT",
  });
  expect(socket.destroyed).toBe(true);
});

it.each([
  ["EACCES", "permission-denied", "CONNECTION_DENIED"],
  ["ETIMEDOUT", "unavailable", "CONNECTION_TIMEOUT"],
  ["EHOSTUNREACH", "unavailable", "CONNECTION_FAILED"],
])("turns %s into %s (%s)", (errno, code, reason) => {
  const cause = Object.assign(new Error(`connect ${errno} 192.0.2.1:22`), { code: errno });

  expect(connectError("TCP connection to board:22", cause)).toMatchObject({ code, reason, cause });
});

it("reads the reason out of an attempt at several addresses", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

  expect(connectError("connection", new AggregateError([refused, refused]))).toMatchObject({
    reason: "CONNECTION_REFUSED",
  });
});
