import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Command } from "./commands.ts";
import { type LineProcess, startLineProcess } from "./line-process.ts";
import { programFile } from "./programs.ts";

/** What the same bytes cost with less around them; each is a client and a server process on a unix socket. */
export interface Limits extends AsyncDisposable {
  readonly of: ReadonlyMap<string, LineProcess<Command>>;
}

const kinds = [
  ["raw unix socket", "raw"],
  ["bare HTTP/2", "http2"],
  ["bare HTTP/2 with our windows", "http2-windows"],
] as const;

export async function benchLimits(): Promise<Limits> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-limits-"));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  const of = new Map<string, LineProcess<Command>>();
  for (const [name, kind] of kinds) {
    const program = (role: string): readonly string[] => [programFile(`limit-${role}`), kind, path];
    const path = join(directory, kind);
    opened.use(await startLineProcess(process.execPath, program("server")));
    of.set(name, opened.use(await startLineProcess<Command>(process.execPath, program("client"))));
  }
  const closing = opened.move();
  return { of, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
