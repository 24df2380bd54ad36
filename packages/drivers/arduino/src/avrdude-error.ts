import { JumpstarterError, type ErrorCode } from "@jumpstarter-ts/core";
import type { ProgramFailure } from "@jumpstarter-ts/process";

interface Explanation {
  readonly when: RegExp;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly sentence: (board: Board) => string;
}

interface Board {
  readonly port: string;
  readonly part: string;
  readonly program: string;
}

/** What flock ends with if somebody else has the lock; avrdude itself ends with 1, whatever happened. */
export const busyExitCode = 75;

/** The first that fits. */
const explanations: readonly Explanation[] = [
  {
    when: /flock: failed to execute/,
    code: "failed-precondition",
    reason: "AVRDUDE_MISSING",
    sentence: ({ program }) =>
      `there is no program ${program}: install it with "apt-get install avrdude", or correct the path`,
  },
  {
    when: /(?:open (?:port|device)|flock: cannot open).*permission denied/i,
    code: "permission-denied",
    reason: "AVRDUDE_DENIED",
    sentence: ({ port }) =>
      `the exporter's user may not open ${port}: add it to the group "dialout" (usermod -aG dialout USER)`,
  },
  {
    when: /open (?:port|device).*resource busy/i,
    code: "failed-precondition",
    reason: "AVRDUDE_PORT_BUSY",
    sentence: busy,
  },
  {
    when: /verification (?:mismatch|error)/i,
    code: "unavailable",
    reason: "VERIFY_MISMATCH",
    sentence: ({ port }) =>
      `the board on ${port} does not hold what was written: is the image as large as leaves the boot loader alone, ` +
      "and the flash not worn out?",
  },
  {
    when: /signature.*(?:invalid|expected)|expected signature|invalid device signature/i,
    code: "invalid-argument",
    reason: "AVRDUDE_OTHER_CHIP",
    sentence: ({ port, part }) => `the chip behind ${port} is no ${part}: correct "part"`,
  },
  {
    when: /not in sync|not responding|protocol error|unable to open programmer/i,
    code: "unavailable",
    reason: "AVRDUDE_NO_ANSWER",
    sentence: ({ port }) =>
      `no boot loader answers on ${port}: has the board power and a boot loader, is "baudrate" its own, ` +
      "and does nobody else read the port?",
  },
];

/** What avrdude's words mean; `undefined` if nobody knows. */
export function explainAvrdude({ stderr, end }: ProgramFailure, board: Board): JumpstarterError | undefined {
  if (end === busyExitCode) {
    return new JumpstarterError(busy(board), { code: "failed-precondition", reason: "AVRDUDE_PORT_BUSY" });
  }
  const found = explanations.find(({ when }) => when.test(stderr));
  if (found === undefined) return undefined;
  const { code, reason, sentence } = found;
  return new JumpstarterError(`${sentence(board)}; avrdude said ${JSON.stringify(lastWords(stderr))}`, {
    code,
    reason,
  });
}

export function noPort(port: string): JumpstarterError {
  return new JumpstarterError(
    `there is no port ${port}: is the board plugged in, and its USB port switched on? /dev/serial/by-id lists what is`,
    { code: "unavailable", reason: "AVRDUDE_NO_PORT" },
  );
}

function busy({ port }: Board): string {
  return (
    `another program has the port ${port} ("fuser ${port}" tells which); if it is the exporter's console, ` +
    "make it a child of the flasher"
  );
}

/** The last three lines that say something. */
function lastWords(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/avrdude done|TIOCMGET/.test(line));
  return lines.slice(-3).join(" / ");
}
