import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";

import { serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { video } from "./client.ts";

const picture = (number: number): Buffer => Buffer.from([0xff, 0xd8, number, 0x0d, 0x0a, 0xff, 0xd9]);

/** A camera with a web server; what it answers to the request for its moving picture is the test's. */
async function openCamera(answer: (response: ServerResponse) => void, state: object = { online: true }) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    answer(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const served = await serveDriver(
    serve(video, {
      snapshot: () => picture(7).toString("base64"),
      // Of any shape: the contract is what judges it.
      state: () => state as { online: boolean },
      stream_path: () => "/stream?x=1",
      connect: () => connect({ port, host: "127.0.0.1", allowHalfOpen: true }),
    }),
    { definition: video },
  );
  return {
    client: served.client,
    asked,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Pictures with their length and without, in pieces that end anywhere. */
async function* endlessParts(): AsyncGenerator<Buffer> {
  for (let number = 1; ; number++) {
    const length = number % 2 === 0 ? "Content-Length: 7\r\n" : "";
    const head = Buffer.from(`--frame\r\nContent-Type: image/jpeg\r\n${length}\r\n`);
    const part = Buffer.concat([head, picture(number), Buffer.from("\r\n")]);
    for (let start = 0; start < part.length; start += 11) yield part.subarray(start, start + 11);
  }
}

const multipart = { "content-type": "multipart/x-mixed-replace; boundary=frame" };

describe("the video client", () => {
  it("takes a picture", async () => {
    await using camera = await openCamera(() => undefined);
    expect(Buffer.from(await camera.client.snapshot())).toEqual(picture(7));
  });

  it("tells what is known of the picture", async () => {
    await using full = await openCamera(() => undefined, { online: true, width: 640, height: 480, fps: 25, more: 1 });
    await using little = await openCamera(() => undefined, { online: false, width: null });
    expect(await full.client.state()).toEqual({ isOnline: true, width: 640, height: 480, framesPerSecond: 25 });
    expect(await little.client.state()).toMatchObject({ isOnline: false, width: undefined });
    expect(await full.client.streamPath()).toBe("/stream?x=1");
  });

  it("gives the moving picture one by one, however it is cut, until the loop is left", async () => {
    await using camera = await openCamera((response) => {
      response.writeHead(200, multipart);
      Readable.from(endlessParts()).pipe(response);
    });

    const seen: Buffer[] = [];
    for await (const frame of camera.client.frames()) if (seen.push(Buffer.from(frame)) === 4) break;

    expect(seen).toEqual([1, 2, 3, 4].map(picture));
    expect(camera.asked).toEqual(["/stream?x=1"]);
  });

  it("says what the camera answered instead", async () => {
    await using camera = await openCamera((response) =>
      response.writeHead(404, { "content-type": "text/html" }).end("no"),
    );
    const first = camera.client.frames()[Symbol.asyncIterator]().next();
    await expect(first).rejects.toThrow("video gave no moving picture: the camera answered 404 with text/html");
  });

  it("stops waiting for a picture when it is told to", async () => {
    await using camera = await openCamera((response) => response.writeHead(200, multipart).flushHeaders());
    const stop = new AbortController();
    const first = camera.client.frames({ signal: stop.signal })[Symbol.asyncIterator]().next();
    setImmediate(() => stop.abort());
    await expect(first).rejects.toMatchObject({ code: "cancelled" });
  });
});
