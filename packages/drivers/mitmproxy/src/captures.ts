import { JumpstarterError, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import type { mitmproxyContract } from "./contract.ts";
import { anythingButFailure, assertSaid } from "./refusal.ts";
import type { CapturedRequest } from "./results.ts";

export interface CapturedScenario {
  /** For `mocks.loadScenarioContent`. */
  readonly yaml: string;
  /** The files it names, for `captures.readFile`. */
  readonly files: readonly string[];
}

/** The requests that went through the proxy. A path that ends in `*` stands for all that begin so. */
export interface Captures {
  list(options?: CallOptions): Promise<readonly CapturedRequest[]>;
  /** Each request as it comes, until the loop is left or the signal ends it. */
  watch(options?: CallOptions): AsyncIterable<CapturedRequest>;
  clear(options?: CallOptions): Promise<void>;
  /** Forgets the requests, does the work, and answers the requests that came meanwhile. */
  during(work: () => PromiseLike<unknown>, options?: CallOptions): Promise<readonly CapturedRequest[]>;
  /** A request, be it there already. Waits 10 s unless told otherwise, then rejects with `deadline-exceeded`. */
  waitFor(method: string, path: string, options?: CallOptions & { readonly waitMs?: number }): Promise<CapturedRequest>;
  /** The first such request. Rejects, with what came instead, where there is none. */
  expect(method: string, path: string, options?: CallOptions): Promise<CapturedRequest>;
  /** A scenario that answers as the servers did. The filter is a pattern of paths with `*`. */
  exportScenario(
    options?: CallOptions & { readonly filter?: string; readonly excludeMocked?: boolean },
  ): Promise<CapturedScenario>;
  readFile(relativePath: string, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** Removes the bodies that the exporter kept in files. */
  cleanSpool(options?: CallOptions): Promise<void>;
}

export function createCaptures(remote: Remote<typeof mitmproxyContract>): Captures {
  const name = (method: string): string => `${remote.path}.captures.${method}`;
  const list: Captures["list"] = (options = {}) => remote.with(options).call("get_captured_requests");
  const clear: Captures["clear"] = async (options = {}) =>
    assertSaid(await remote.with(options).call("clear_captured_requests"), anythingButFailure, name("clear"));
  return {
    list,
    watch: (options = {}) => remote.with(options).stream("watch_captured_requests"),
    clear,
    async during(work, options) {
      await clear(options);
      await work();
      return list(options);
    },
    async waitFor(method, path, { waitMs = 10_000, ...options } = {}) {
      const answer = await remote.with(options).call("wait_for_request", method, path, waitMs / 1_000);
      if ("error" in answer) throw notCaptured(`${name("waitFor")} ended: ${answer.error}`, "deadline-exceeded");
      return answer;
    },
    async expect(method, path, options) {
      const requests = await list(options);
      const found = requests.find((request) => isMatch(request, method, path));
      if (found !== undefined) return found;
      const seen = requests.map((request) => `${request.method} ${request.path}`).join(", ");
      throw notCaptured(`${method} ${path} was not captured; there was ${seen === "" ? "nothing" : seen}`, "not-found");
    },
    exportScenario: ({ filter = "", excludeMocked = false, ...options } = {}) =>
      remote.with(options).call("export_captured_scenario", filter, excludeMocked),
    readFile: (relativePath, options = {}) => decoded(remote.with(options).stream("get_captured_file", relativePath)),
    async cleanSpool(options = {}) {
      assertSaid(await remote.with(options).call("clean_capture_spool"), anythingButFailure, name("cleanSpool"));
    },
  };
}

export async function* decoded(chunks: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) yield new Uint8Array(Buffer.from(chunk, "base64"));
}

function isMatch(request: CapturedRequest, method: string, path: string): boolean {
  if (request.method !== method) return false;
  return path.endsWith("*") ? request.path.startsWith(path.slice(0, -1)) : request.path === path;
}

function notCaptured(message: string, code: "deadline-exceeded" | "not-found"): JumpstarterError {
  return new JumpstarterError(message, { code, reason: "REQUEST_NOT_CAPTURED" });
}
