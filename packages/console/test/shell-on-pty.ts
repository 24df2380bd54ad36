import { spawn } from "@homebridge/node-pty-prebuilt-multiarch";

import { createRecorder, type Recorder, type RecorderOptions } from "../src/recorder.ts";
import type { ShellConsole } from "../src/shell/shell.ts";

/** A real program on a real pseudo-terminal, and its console. */
export interface OnPty extends AsyncDisposable {
  readonly console: ShellConsole;
  readonly recorder: Recorder;
}

export interface PtyOptions extends RecorderOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export function openOnPty(command: readonly string[], { columns = 80, env = {}, ...options }: PtyOptions = {}): OnPty {
  const [file = "", ...args] = command;
  const terminal = spawn(file, args, {
    cols: columns,
    rows: 24,
    encoding: null,
    env: { PATH: process.env["PATH"] ?? "", TERM: "vt102", HOME: "/nonexistent", ...env },
  });
  const recorder = createRecorder(options);
  const { promise: exited, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  // With encoding null it hands over bytes, whatever its type says.
  terminal.onData((chunk: unknown) => {
    if (chunk instanceof Uint8Array && !recorder.isEnded) recorder.push(chunk);
  });
  terminal.onExit(() => {
    isOver = true;
    resolve();
  });
  return {
    recorder,
    console: { ...recorder.console(), send: async (text) => terminal.write(text) },
    async [Symbol.asyncDispose]() {
      if (!isOver) terminal.kill("SIGKILL");
      await exited;
      recorder.end();
    },
  };
}
