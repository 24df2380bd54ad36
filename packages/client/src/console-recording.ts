import { createRecorder, type Recorder } from "@jumpstarter-ts/console";
import type { ByteStream } from "@jumpstarter-ts/core";

/** One byte stream of a device, open and recorded from its first use until it ends. */
export interface ConsoleRecording {
  readonly recorder: Recorder;
  /** Resolves when the exporter has opened its side; rejects with why it did not. */
  readonly opened: Promise<ByteStream>;
}

export interface ConsoleRecordingOptions {
  /** Names the console in errors: `console`. */
  readonly name: string;
  readonly open: () => Promise<ByteStream>;
  /** What the error of the open stream means. */
  readonly explain: (error: unknown) => unknown;
}

/** Opens the stream and starts the one loop that reads it. The recording ends with the stream, and says why. */
export function startConsoleRecording({ name, open, explain }: ConsoleRecordingOptions): ConsoleRecording {
  const recorder = createRecorder({ name });
  const opened = open();
  void opened.then(
    (stream) => fill(recorder, stream, explain),
    (error: unknown) => recorder.end(error),
  );
  return { recorder, opened };
}

async function fill(
  recorder: Recorder,
  stream: ByteStream,
  explain: ConsoleRecordingOptions["explain"],
): Promise<void> {
  try {
    // A chunk of a byte stream that nobody gave an encoding is a Buffer.
    for await (const chunk of stream as AsyncIterable<Uint8Array>) recorder.push(chunk);
    recorder.end();
  } catch (error) {
    recorder.end(explain(error));
  } finally {
    stream.destroy();
  }
}
