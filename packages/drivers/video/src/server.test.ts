import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { jpegOf } from "../test/jpeg.ts";
import { video } from "./client.ts";
import { httpVideo } from "./server.ts";

const still = jpegOf({ width: 640, height: 480 });
const moving = jpegOf({ width: 320, height: 200 });

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

function answerAsCamera(request: IncomingMessage, response: ServerResponse): void {
  if (request.url?.startsWith("/still")) return void response.end(still);
  response.writeHead(200, { "content-type": "multipart/x-mixed-replace; boundary=b" });
  response.write(`--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${moving.length}\r\n\r\n`);
  response.write(moving);
  response.write("\r\n--b\r\n");
}

async function openCamera(answer: Answer = answerAsCamera) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const host = `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  return {
    asked,
    host,
    start: (options: Readonly<Record<string, unknown>> = { url: `http://${host}/stream?quality=9` }) =>
      serveDriver(httpVideo, { definition: video, options }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe("the exporter's camera with a web server", () => {
  it("takes the first picture of the moving one where it has no other", async () => {
    await using camera = await openCamera();
    await using served = await camera.start();

    expect(Buffer.from(await served.client.snapshot())).toEqual(moving);
    expect(await served.client.state()).toMatchObject({ isOnline: true, width: 320, height: 200 });
    expect(camera.asked[0]).toMatchObject({ url: "/stream?quality=9", headers: { host: camera.host } });
  });

  it("takes pictures from where the lab says", async () => {
    await using camera = await openCamera();
    const url = `http://${camera.host}/stream`;
    await using served = await camera.start({ url, snapshot_url: `http://lab:secret%21@${camera.host}/still.jpg` });

    expect(Buffer.from(await served.client.snapshot())).toEqual(still);
    expect(await served.client.state()).toMatchObject({ isOnline: true, width: 640, height: 480 });
    expect(camera.asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from("lab:secret!").toString("base64")}`);
  });

  it("lends a connection to the camera, and the path of the moving picture", async () => {
    await using camera = await openCamera();
    await using served = await camera.start();

    expect(await served.client.streamPath()).toBe("/stream?quality=9");
    for await (const frame of served.client.frames()) {
      expect(Buffer.from(frame)).toEqual(moving);
      break;
    }
  });

  it("is offline when it answers something else, or nothing that is a picture", async () => {
    await using absent = await openCamera((_request, response) => response.writeHead(503).end());
    await using without = await absent.start();
    expect(await without.client.state()).toMatchObject({ isOnline: false, width: undefined });
    await expect(without.client.snapshot()).rejects.toThrow("the camera answered 503");

    await using text = await openCamera((_request, response) => response.end("no camera"));
    await using broken = await text.start({ url: `http://${text.host}/`, snapshot_url: `http://${text.host}/still` });
    expect(await broken.client.state()).toMatchObject({ isOnline: false });
  });

  it("says that nobody listens", async () => {
    let host: string;
    {
      await using camera = await openCamera();
      ({ host } = camera);
    }
    await using served = await serveDriver(httpVideo, {
      definition: video,
      options: { url: `http://${host}/stream`, snapshot_url: `http://${host}/still` },
    });
    await expect(served.client.snapshot()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(`the camera at ${host} cannot be reached`),
    });
  });

  it("lets go of a camera that never answers as soon as the caller does", async () => {
    await using camera = await openCamera(() => undefined);
    await using served = await camera.start();
    const stop = new AbortController();
    const asking = served.client.snapshot({ signal: stop.signal });
    await expect.poll(() => camera.asked.length).toBe(1);

    stop.abort();

    await expect(asking).rejects.toMatchObject({ code: "cancelled" });
    await expect.poll(() => camera.asked[0]?.socket.destroyed).toBe(true);
  });

  it.each(["ftp://192.0.2.9/stream", "/dev/video0"])("is not at %s", async (url) => {
    await expect(serveDriver(httpVideo, { definition: video, options: { url } })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});
