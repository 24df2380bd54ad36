import { createScope, silentLogger } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { runScript } from "./run-script.ts";

const mebibyte = 1024 ** 2;
const signal = new AbortController().signal;

function run(script: string) {
  const options = { what: "script", cwd: "/", env: process.env, timeoutMs: 60_000, signal, log: silentLogger };
  return runScript(["bash", "-c", script], { ...options, scope: createScope("lab") });
}

async function lengths(output: AsyncIterable<[string, string, number | null]>): Promise<[out: number, err: number]> {
  const sum: [number, number] = [0, 0];
  for await (const [stdout, stderr] of output) {
    sum[0] += stdout.length;
    sum[1] += stderr.length;
  }
  return sum;
}

describe("the output of a script", () => {
  it("holds the script up while nobody takes it, and is complete at the end", { timeout: 30_000 }, async () => {
    const write = `head -c ${8 * mebibyte} /dev/zero | tr '\\0' x`;
    const slow = run(`${write}; echo through >&2`);
    const first = await slow.next();
    expect(first.value?.[0].length).toBeLessThanOrEqual(128 * 1024);

    // The same from another one, to have waited long enough.
    expect(await lengths(run(write))).toEqual([8 * mebibyte, 0]);
    const second = await slow.next();
    const [rest, said] = await lengths(slow);

    expect(second.value?.[1]).toBe("");
    expect((first.value?.[0].length ?? 0) + (second.value?.[0].length ?? 0) + rest).toBe(8 * mebibyte);
    expect(said).toBe("through\n".length);
  });

  it("has whole characters, wherever the pieces were cut", async () => {
    let text = "";
    // Four bytes each, none of which a piece of a power of two ends after.
    for await (const [stdout] of run(`printf x; for i in {1..50000}; do printf '🙂'; done`)) text += stdout;
    expect(text).toBe(`x${"🙂".repeat(50_000)}`);
  });

  it("of 100 MB passes without gathering in memory", { timeout: 60_000 }, async () => {
    const before = process.memoryUsage().rss;
    let most = before;
    const watched = async function* (): AsyncGenerator<[string, string, number | null]> {
      for await (const item of run("head -c 100000000 /dev/zero | tr '\\0' x")) {
        most = Math.max(most, process.memoryUsage().rss);
        yield item;
      }
    };

    expect(await lengths(watched())).toEqual([100_000_000, 0]);
    expect((most - before) / mebibyte).toBeLessThan(64);
  });
});
