import { openShell, type Mark, type Recorder } from "@jumpstarter-ts/console";
import {
  isJumpstarterError,
  JumpstarterError,
  type ByteStream,
  type CallOptions,
  type Console,
  type ConsoleWaitOptions,
  type ConsoleWaits,
  type Shell,
  type ShellOptions,
} from "@jumpstarter-ts/core";

import type { Access } from "./access.ts";
import { nameOf, restate } from "./call-error.ts";
import { startConsoleRecording, type ConsoleRecording } from "./console-recording.ts";
import { createLimit } from "./limit.ts";
import type { ReportNode } from "./report-tree.ts";
import type { Wire } from "./wire.ts";

/** The consoles of a session. A device's byte stream is recorded once, however many look at it. */
export interface Consoles {
  /** A waiting face with a cursor of its own. */
  face(node: ReportNode, method: string, access: Access, since: ConsoleStart): Console;
  /** The recording of a stream, opened if it is not. */
  record(node: ReportNode, method: string): ConsoleRecording;
  /** The recordings that there are, the ended ones included, oldest first. */
  recorders(): readonly Recorder[];
  note(text: string): void;
  /** Where all recordings are now. */
  now(): ConsoleStart;
}

/** Where a face looks from at first, by recording; one that is not in the map was started later. */
export type ConsoleStart = ReadonlyMap<Recorder, Mark>;

export interface ConsolesOptions {
  readonly wire: Wire;
  /** Aborted when the session closes. */
  readonly signal: AbortSignal;
}

export function createConsoles({ wire, signal }: ConsolesOptions): Consoles {
  const current = new Map<string, ConsoleRecording>();
  const recorders: Recorder[] = [];

  const keyOf = ({ report }: ReportNode, method: string): string => `${report.uuid} ${method}`;
  const record: Consoles["record"] = (node, method) => {
    const key = keyOf(node, method);
    const known = current.get(key);
    if (known !== undefined && !known.recorder.isEnded) return known;
    signal.throwIfAborted();
    const what = nameOf({ path: node.path, method });
    const open = (): Promise<ByteStream> => wire.openStream({ uuid: node.report.uuid, method }, { signal, what });
    const recording = startConsoleRecording({
      name: node.path === "" ? "console" : node.path,
      open,
      explain: (error) => (signal.aborted ? signal.reason : wire.explain(error, what)),
    });
    recording.opened.catch(() => undefined);
    current.set(key, recording);
    recorders.push(recording.recorder);
    return recording;
  };

  return {
    record,
    recorders: () => recorders,
    note: (text) => {
      for (const recorder of recorders) if (!recorder.isEnded) recorder.note(text);
    },
    now: () => new Map(recorders.map((recorder) => [recorder, recorder.mark()])),
    face: (node, method, access, since) =>
      createFace({
        node,
        method,
        access,
        since,
        latest: () => current.get(keyOf(node, method)) ?? record(node, method),
        record: () => record(node, method),
      }),
  };
}

interface FaceOptions {
  readonly node: ReportNode;
  readonly method: string;
  readonly access: Access;
  readonly since: ConsoleStart;
  /** The newest recording, which may have ended. */
  readonly latest: () => ConsoleRecording;
  /** A recording that runs. */
  readonly record: () => ConsoleRecording;
}

function createFace({ node, method, access, since, latest, record }: FaceOptions): Console {
  const waitsOf = new Map<Recorder, ConsoleWaits>();
  const waits = ({ recorder }: ConsoleRecording): ConsoleWaits => {
    const known = waitsOf.get(recorder);
    if (known !== undefined) return known;
    const made = recorder.console({ from: since.get(recorder) ?? recorder.beginning });
    waitsOf.set(recorder, made);
    return made;
  };
  /** Names of streams, as in the errors of calls. */
  const what = nameOf({ path: node.path, method });

  const wait = async <T>(
    options: ConsoleWaitOptions | undefined,
    work: (waits: ConsoleWaits, options: ConsoleWaitOptions) => Promise<T>,
  ): Promise<T> => {
    using limit = createLimit({ what, fences: access.fences });
    const signal = options?.signal === undefined ? limit.signal : AbortSignal.any([limit.signal, options.signal]);
    const attempt = async (recording: ConsoleRecording): Promise<T> => {
      const failedToOpen = recording.opened.then(() => new Promise<never>(() => undefined));
      return limit.race(Promise.race([failedToOpen, work(waits(recording), { ...options, signal })]));
    };
    try {
      limit.signal.throwIfAborted();
      const recording = latest();
      if (!recording.recorder.isEnded) return await attempt(recording);
      // What an ended recording holds can still be found in it; only what is not there needs the stream anew.
      try {
        return await work(waits(recording), { ...options, signal });
      } catch (error) {
        if (!isJumpstarterError(error) || error.reason !== "CONSOLE_ENDED") throw error;
        return await attempt(record());
      }
    } catch (error) {
      if (limit.signal.aborted) throw limit.signal.reason;
      // The error of an opening is shared by all who waited for it; a wait's own error says more than its sentence.
      throw isPlain(error) ? restate(error, error.message) : error;
    }
  };

  const send = (data: string | Uint8Array, options: CallOptions = {}): Promise<void> =>
    access.run({ path: node.path, method, kind: "bytes", args: [data] }, options, async () => {
      const stream = await record().opened;
      const chunk = typeof data === "string" ? Buffer.from(data) : data;
      for (let start = 0; start < chunk.length; start += sendBytes) {
        await write(stream, chunk.subarray(start, start + sendBytes), what);
      }
    });

  const waiting: ConsoleWaits = {
    mark: (name) => waits(latest()).mark(name),
    textSince: (place) => waits(latest()).textSince(place),
    waitFor: (pattern, options) => wait(options, (on, limits) => on.waitFor(pattern, limits)),
    race: (patterns, options) => wait(options, (on, limits) => on.race(patterns, limits)),
    waitForInOrder: (patterns, options) => wait(options, (on, limits) => on.waitForInOrder(patterns, limits)),
    waitForSilence: (quiet, options) => wait(options, (on, limits) => on.waitForSilence(quiet, limits)),
    expectAbsence: (pattern, options) =>
      wait(options, (on, limits) => on.expectAbsence(pattern, { ...limits, during: options.during })),
  };
  // The types of a shell hang on whether there is a prompt among its options, as in openShell itself.
  function shell(options: ShellOptions & { readonly prompt: RegExp }): Promise<Shell<number | undefined>>;
  function shell(options?: ShellOptions & { readonly prompt?: never }): Promise<Shell>;
  function shell({ prompt, ...options }: ShellOptions = {}): Promise<Shell<number | undefined>> {
    return prompt === undefined
      ? openShell({ ...waiting, send }, options)
      : openShell({ ...waiting, send }, { ...options, prompt });
  }
  return { ...waiting, send, sendLine: (text, options) => send(`${text}\n`, options), shell };
}

function isPlain(error: unknown): error is JumpstarterError {
  return isJumpstarterError(error) && Object.getPrototypeOf(error) === JumpstarterError.prototype;
}

/** Resolves when the stream has taken the bytes, which a slow device delays. */
async function write(stream: ByteStream, chunk: Uint8Array, what: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream.write(chunk, (error) => {
    if (error === null || error === undefined) return resolve();
    reject(
      isJumpstarterError(error)
        ? error
        : new JumpstarterError(`${what} failed: the stream is closed`, {
            code: "unavailable",
            reason: "STREAM_CLOSED",
            cause: error,
          }),
    );
  });
  await promise;
}

/** What waits for a slow line at a time. */
const sendBytes = 64 * 1024;
