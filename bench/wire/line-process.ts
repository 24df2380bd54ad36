import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { root } from "../../scripts/step.ts";
import type { Answer } from "./commands.ts";

/** A process that takes a JSON command a line and gives a JSON answer a line. */
export interface LineProcess<Command> extends AsyncDisposable {
  readonly pid: number;
  ask(command: Command): Promise<Answer>;
}

/** Starts it and waits for its first answer, which says that it is ready. */
export async function startLineProcess<Command>(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<LineProcess<Command>> {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  let tail = "";
  child.stderr.on("data", (chunk: Buffer) => (tail = (tail + chunk.toString()).slice(-4_000)));
  child.stdin.on("error", () => undefined);
  const waiting: PromiseWithResolvers<Answer>[] = [];
  const exited = new Promise<void>((resolve) => {
    child.once("close", (code) => {
      for (const { reject } of waiting) reject(new Error(`${args.join(" ")} ended with ${code}:\n${tail}`));
      resolve();
    });
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    // Numbers by name is all that our own programs answer.
    if (line.startsWith("ANSWER=")) waiting.shift()?.resolve(JSON.parse(line.slice("ANSWER=".length)) as Answer);
  });
  const answer = (): Promise<Answer> => {
    const next = Promise.withResolvers<Answer>();
    waiting.push(next);
    return next.promise;
  };
  await answer();
  return {
    pid: child.pid ?? 0,
    ask(command) {
      const answered = answer();
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return answered;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await exited;
      clearTimeout(timer);
    },
  };
}
