/** Two ends of a stream, and what goes over the wire between them. */
import { once } from "node:events";

import { type ByteStream, bytes, readAll } from "@jumpstarter-ts/core";

import {
  clientStream,
  type Frame,
  FrameType,
  RouterServiceClient,
  RouterServiceService,
  serverStream,
  service,
  type StreamOptions,
} from "../src/index.ts";
import { openCall, servePeer, type StreamCalls } from "./peers.ts";

export const goaway: Frame = { payload: new Uint8Array(0), frameType: FrameType.FRAME_TYPE_GOAWAY };

export function data(text: string): Frame {
  return { payload: bytes(text), frameType: FrameType.FRAME_TYPE_DATA };
}

export interface Streams extends AsyncDisposable {
  readonly client: ByteStream;
  readonly server: ByteStream;
}

export async function openStreams(options: StreamOptions = {}): Promise<Streams> {
  const call = await openCall();
  const client = clientStream(call.client, options);
  const server = serverStream(call.server, options);
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      client.on("error", () => undefined).destroy();
      server.on("error", () => undefined).destroy();
      await call[Symbol.asyncDispose]();
    },
  };
}

export async function openCallUnanswered(answer: (server: StreamCalls["server"]) => void) {
  const { peer, ...served } = await servePeer(service(RouterServiceService, { stream: answer }));
  const client = peer.client(RouterServiceClient).stream();
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.on("error", () => undefined).cancel();
      await served[Symbol.asyncDispose]();
    },
  };
}

/** Without destroying the stream at its end, as a bare `for await` would: the other direction may be open still. */
export function readToEnd(stream: ByteStream): Promise<Uint8Array> {
  return readAll(stream.iterator({ destroyOnReturn: false }));
}

export async function nextChunk(stream: ByteStream): Promise<Uint8Array> {
  for (;;) {
    const chunk: unknown = stream.read();
    if (chunk instanceof Uint8Array) return chunk;
    await once(stream, "readable");
  }
}

export function writeTo(stream: ByteStream, chunk: string | Uint8Array): Promise<void> {
  stream.on("error", () => undefined);
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** What was one frame on the wire may be handed on in parts, as it arrives. */
export async function collect(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const all: Frame[] = [];
  const parts: Uint8Array[] = [];
  for await (const { payload, frameType, isPartial } of frames) {
    parts.push(payload);
    if (isPartial !== true) all.push({ frameType, payload: Buffer.concat(parts.splice(0)) });
  }
  return all;
}

export function shape(frames: readonly Frame[]): [number, number][] {
  return frames.map(({ frameType, payload }) => [frameType, payload.length]);
}
