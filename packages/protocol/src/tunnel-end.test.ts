import { once } from "node:events";
import { finished } from "node:stream/promises";

import { status as Status } from "@grpc/grpc-js";
import { JumpstarterError } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openCall } from "../test/peers.ts";
import { goaway, data, openStreams, openCallUnanswered, readToEnd, nextChunk, writeTo } from "../test/streams.ts";
import { clientStream, initialMetadata, serverStream } from "./index.ts";

describe("the end of a call", () => {
  it("comes from our server as soon as both directions have ended", async () => {
    await using call = await openCall();
    const client = clientStream(call.client);
    const server = serverStream(call.server);
    const over = once(call.client, "status");

    client.end();
    server.end();
    await Promise.all([readToEnd(client), readToEnd(server)]);

    const [status]: { code: number }[] = await over;
    expect(status?.code).toBe(Status.OK);
  });

  it("comes from the client where the server never ends the call, as Python exporters do not", async () => {
    await using call = await openCall();
    call.server.resume();
    const cancelled = once(call.server, "cancelled");
    const client = clientStream(call.client);

    call.server.write(goaway);
    client.end();
    await readToEnd(client);
    await finished(client);

    await cancelled;
    expect(call.server.cancelled).toBe(true);
  });

  it("is the end of the stream, whatever the status, after GOAWAY", async () => {
    await using call = await openCall();
    const client = clientStream(call.client);

    call.server.write(data("last"));
    call.server.write(goaway);
    call.server.emit("error", { code: Status.ABORTED, details: "aclose(): asynchronous generator is running" });

    expect(String(await readToEnd(client))).toBe("last");
  });

  it("is the end of the stream where it comes with OK and without GOAWAY", async () => {
    await using call = await openCall();
    const client = clientStream(call.client);

    call.server.write(data("last"));
    call.server.end();

    expect(String(await readToEnd(client))).toBe("last");
    await expect(writeTo(client, "late")).rejects.toMatchObject({ code: "unavailable", reason: "STREAM_CLOSED" });
  });

  it("gives the reader all that came before an error, then the error", async () => {
    await using call = await openCall();
    const client = clientStream(call.client, { what: "the stream of console.connect" });
    const sent = Array.from({ length: 30 }, (_, index) => `line ${index}\n`);

    for (const line of sent) call.server.write(data(line));
    call.server.emit("error", { code: Status.UNAVAILABLE, details: "the port is gone" });

    let seen = "";
    const reading = (async () => {
      for await (const chunk of client) seen += String(chunk);
    })();
    await expect(reading).rejects.toMatchObject({
      code: "unavailable",
      reason: "RPC_UNAVAILABLE",
      message: "the stream of console.connect broke: the port is gone",
    });
    expect(seen).toBe(sent.join(""));
  });

  it("is `unavailable` where the peer cut the call, which nobody here has cancelled", async () => {
    await using call = await openCall();
    const client = clientStream(call.client, { what: "the stream of console.connect" });

    call.server.emit("error", { code: Status.CANCELLED, details: "Call cancelled" });

    await expect(readToEnd(client)).rejects.toMatchObject({
      code: "unavailable",
      reason: "STREAM_CLOSED",
      message: "the stream of console.connect is closed: the peer ended the call",
    });
  });

  it("carries the server's error with its code and reason", async () => {
    await using wire = await openStreams();
    wire.server.on("error", () => undefined);

    wire.server.destroy(
      new JumpstarterError("the USB adapter was unplugged", { code: "failed-precondition", reason: "PORT_GONE" }),
    );

    await expect(readToEnd(wire.client)).rejects.toMatchObject({ code: "failed-precondition", reason: "PORT_GONE" });
  });

  it("reaches a server whose client vanished, while it waits", async () => {
    await using wire = await openStreams();
    const reading = readToEnd(wire.server);

    wire.client.destroy();

    await expect(reading).rejects.toMatchObject({ code: "unavailable", reason: "STREAM_CLOSED" });
  });

  it("closes the stream of a server whose client left after GOAWAY, once all was read", async () => {
    await using call = await openCall();
    const server = serverStream(call.server);
    const closed = once(server, "close");
    call.client.write(data("upload"));
    call.client.write(goaway);
    await once(server, "readable");

    call.client.cancel();
    await once(call.server, "cancelled");

    expect(String(await nextChunk(server))).toBe("upload");
    server.resume();
    await closed;
  });

  it("fails a write that was under way", async () => {
    await using wire = await openStreams();
    wire.server.on("error", () => undefined);
    // Nobody reads, so this write cannot finish.
    const writing = writeTo(wire.server, Buffer.alloc(32 * 1024 ** 2));

    wire.client.destroy();

    await expect(writing).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("initialMetadata", () => {
  it("resolves with the headers that an exporter sends at once", async () => {
    await using call = await openCallUnanswered((server) => {
      const headers = server.metadata.clone();
      headers.set("resource", "{}");
      server.sendMetadata(headers);
    });

    const metadata = await initialMetadata(call.client);

    expect(metadata.get("resource")).toEqual(["{}"]);
  });

  it("rejects with the error of a call that was refused", async () => {
    await using call = await openCallUnanswered((server) => {
      server.emit("error", { code: Status.NOT_FOUND, details: "method connect not found on driver" });
    });

    await expect(initialMetadata(call.client, { what: "the stream of power.connect" })).rejects.toMatchObject({
      code: "not-found",
      message: "the stream of power.connect could not be opened: method connect not found on driver",
    });
  });

  it("stops waiting, and cancels the call, when told to", async () => {
    const cancelled = Promise.withResolvers<void>();
    const stop = new AbortController();
    await using call = await openCallUnanswered((server) => {
      server.on("cancelled", () => cancelled.resolve());
      stop.abort();
    });

    await expect(initialMetadata(call.client, { signal: stop.signal })).rejects.toMatchObject({ code: "cancelled" });

    await cancelled.promise;
  });
});
