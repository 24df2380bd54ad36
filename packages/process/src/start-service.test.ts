import { describe, expect, it } from "vitest";

import { isAlive, stay } from "../test/processes.ts";
import { endOf, startService } from "./start-service.ts";

const cwd = "/";

describe("a service", () => {
  it("passes on its lines, and has said its last words when it has ended", async () => {
    const lines: string[] = [];
    const script = "echo ready; printf 'no port' >&2; exit 2";
    const service = await startService(["sh", "-c", script], { cwd, onLine: (line) => lines.push(line) });

    const end = await service.ended;

    expect(endOf(end)).toBe("exit code 2");
    expect(service.said()).toMatch(/no port/);
    expect(lines.toSorted()).toEqual(["no port", "ready"]);
  });

  it("keeps the last of what it says, however much that is", async () => {
    let longest = 0;
    const onLine = (line: string): void => void (longest = Math.max(longest, line.length));
    const script = "head -c 1000000 /dev/zero | tr '\\0' x; echo end";
    const service = await startService(["sh", "-c", script], { cwd, onLine });

    await service.ended;

    expect(service.said()).toMatch(/^x+end$/);
    expect(service.said().length).toBeLessThanOrEqual(4_096);
    expect(longest).toBeLessThan(1_000_000);
  });

  it("has ended when it was stopped, and says which signal did it", async () => {
    const service = await startService(stay, { cwd });
    const end = await service.stop();
    expect(endOf(end)).toBe("SIGTERM");
    expect(isAlive(service.pid)).toBe(false);
  });

  it("has ended although its background goes on talking", { timeout: 15_000 }, async () => {
    const service = await startService(["sh", "-c", "while echo more; do sleep 0.1; done & exit 0"], { cwd });
    expect(await service.ended).toEqual({ code: 0, signal: null });
    // The pipe is closed, which ends it.
  });
});
