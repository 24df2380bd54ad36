import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createFakeShell, type Deliver } from "../../test/fake-shell.ts";
import { openShell } from "./shell.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** No `[`: what a command writes may look like a kernel line, but here is none. */
const output = fc
  .array(fc.constantFrom("ok", "# ", "$ ", "\n", "\n\n", "é€", "=> ", "@j", ":0", "exit", "login: ", "12", "]"), {
    maxLength: 12,
  })
  .map((parts) => parts.join(""));

const kernelLine = fc
  .record({
    seconds: fc.nat(99_999),
    micros: fc.nat(999_999),
    thread: fc.constantFrom("", "[    T1]", "[   C0]"),
    text: fc.constantFrom("usb 1-1: new device", "login: ", "random: crng init done [once]", "", "# ", ":12"),
  })
  .map(
    ({ seconds, micros, thread, text }) =>
      `[${String(seconds).padStart(5)}.${String(micros).padStart(6, "0")}]${thread} ${text}\r\n`,
  );

const echo = fc.constantFrom<(line: string) => string>(
  (line) => `${line}\r\n`,
  () => "",
  // As line editors do at the width of the terminal.
  (line) => `${line.replaceAll(/.{20}/g, "$& \r\n")}\r\n`,
  (line) => `\u001B[?2004l${line}\u001B[K\r\r\n`,
);

/** Where a text can be cut without cutting an escape sequence, whose rest would be text. */
const between = (text: string, place: number): number => {
  const escape = text.lastIndexOf("\u001B", place - 1);
  return escape < 0 || place === 0 || /[A-Za-z]/.test(text.slice(escape, place)) ? place : escape;
};

/** Kernel lines anywhere, and the bytes of all of it cut anywhere. */
const deliver = fc
  .record({
    noise: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), kernelLine), { maxLength: 4 }),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
  })
  .map(({ noise, cuts }): Deliver => (text) => {
    let noisy = text;
    const places = noise.map(([place, line]) => [between(text, Math.floor(place * text.length)), line] as const);
    for (const [place, line] of places.toSorted(([one], [other]) => other - one)) {
      noisy = noisy.slice(0, place) + line + noisy.slice(place);
    }
    const whole = bytes(noisy);
    const ends = [...cuts.map((cut) => Math.floor(cut * whole.length)), whole.length].toSorted((a, b) => a - b);
    return ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
  });

describe("the frame of a command", () => {
  it("gives the same result wherever the kernel writes and however the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(output, fc.nat(255), deliver, echo, async (written, exitCode, delivery, repeat) => {
        const { console } = createFakeShell({ deliver: delivery, output: written, exitCode, echo: repeat });
        await using shell = await openShell(console, { nudgeAfter: 0, timeout: "20s" });

        const result = await shell.run("work", { check: false, timeout: "5s" });

        expect(result).toEqual({ stdout: written.replace(/\n$/, ""), exitCode });
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
