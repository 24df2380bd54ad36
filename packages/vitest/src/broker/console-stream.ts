import { toStatus, decodeFrame, encodeFrame, FrameType } from "@jumpstarter-ts/protocol";

import type { ConsoleHub } from "./console-hub.ts";
import type { BidiCall, Metadata } from "./grpc-calls.ts";

/**
 * Serves one worker's stream to a console from the hub. What the worker sends goes to the device; its end mark does
 * not, as the console stays open for the next attempt.
 */
export async function serveConsole(call: BidiCall, hub: ConsoleHub, headers: Metadata): Promise<void> {
  try {
    const writer = await hub.attach({
      onChunk: (payload) => void call.write(encodeFrame({ payload, frameType: FrameType.FRAME_TYPE_DATA })),
      onEnd(error) {
        if (error === undefined) call.end();
        else call.emit("error", toStatus(error));
      },
    });
    call.sendMetadata(headers);
    call.on("data", (message: Buffer) => {
      const { payload, frameType } = decodeFrame(message);
      if (frameType !== FrameType.FRAME_TYPE_DATA || payload.length === 0) return;
      if (!writer.write(payload, () => call.resume())) call.pause();
    });
    call.once("close", () => writer.detach());
    call.on("cancelled", () => writer.detach());
    call.once("end", () => {
      writer.detach();
      call.end();
    });
  } catch (error) {
    call.emit("error", toStatus(error));
  }
}
