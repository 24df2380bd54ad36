import { once } from "node:events";

import { createStreamPair, serve, type ByteStream } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { ustreamer } from "./client.ts";

const state = {
  ok: true,
  result: {
    instance_id: "",
    encoder: { type: "CPU", quality: 80 },
    source: {
      online: true,
      desired_fps: 30,
      captured_fps: 28,
      resolution: { width: 1280, height: 720 },
    },
  },
};

/** Says one picture to whoever asks, and tells what was asked. */
function answerWithPicture(asked: string[]): ByteStream {
  const { near, far } = createStreamPair();
  void once(far, "data").then(([request]) => {
    asked.push(String(request).split("\r\n")[0] ?? "");
    far.end(
      "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n" +
        "--b\r\nContent-Length: 3\r\n\r\nabc\r\n--b\r\n",
    );
  });
  return near;
}

async function openCamera({ streamPath }: { readonly streamPath?: string } = {}) {
  const asked: string[] = [];
  const served = await serveDriver(
    serve(ustreamer, {
      snapshot: () => Buffer.from("jpeg").toString("base64"),
      state: () => state,
      connect: () => answerWithPicture(asked),
      ...(streamPath === undefined ? {} : { stream_path: () => streamPath }),
    }),
    { definition: ustreamer },
  );
  return { ...served, asked };
}

describe("the ustreamer client", () => {
  it("takes a picture and tells the camera's state", async () => {
    await using served = await openCamera();
    expect(Buffer.from(await served.client.snapshot()).toString()).toBe("jpeg");
    expect(await served.client.state()).toEqual({
      isOnline: true,
      width: 1280,
      height: 720,
      framesPerSecond: 28,
      desiredFramesPerSecond: 30,
      encoder: "CPU",
      quality: 80,
    });
  });

  it.each([
    ["of an exporter of 0.9, which does not tell its path", {}, "GET /stream HTTP/1.1"],
    ["of a newer one", { streamPath: "/cam/stream" }, "GET /cam/stream HTTP/1.1"],
  ])("gives the moving picture %s", async (_of, options, request) => {
    await using served = await openCamera(options);
    const seen: string[] = [];
    for await (const frame of served.client.frames()) seen.push(Buffer.from(frame).toString());
    expect(seen).toEqual(["abc"]);
    expect(served.asked).toEqual([request]);
  });
});
