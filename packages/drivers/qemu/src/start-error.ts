import { isJumpstarterError, JumpstarterError, messageOf } from "@jumpstarter-ts/core";
import { endOf, type ProcessEnd } from "@jumpstarter-ts/process";

import type { QemuOptions } from "./options.ts";

interface Ended {
  /** For people: `qemu-system-aarch64`. */
  readonly program: string;
  readonly end: ProcessEnd;
  readonly said: string;
}

/** The system would not run the program at all. */
export function notStarted(program: string, cause: unknown): JumpstarterError {
  return new JumpstarterError(`${program} could not be started: ${messageOf(cause)}`, {
    code: "unavailable",
    reason: "QEMU_START_FAILED",
    cause,
  });
}

/** Why a machine could not be started. */
export function startFailed({
  program,
  end,
  said,
  options,
  cause,
}: Ended & { readonly options: QemuOptions; readonly cause: unknown }): JumpstarterError {
  if (isJumpstarterError(cause) && cause.reason === "TIMEOUT") {
    return new JumpstarterError(
      `${program} did not answer within ${options.start_timeout} s and was killed; it ${quoted(said)}`,
      { code: "deadline-exceeded", reason: "QEMU_HUNG", cause },
    );
  }
  const [, address, port] = /host forwarding rule 'tcp:(.*?):(\d+)-/.exec(said) ?? [];
  if (port !== undefined) {
    const [name] = Object.entries(options.hostfwd).find(([, { hostport }]) => hostport === Number(port)) ?? ["?"];
    return new JumpstarterError(
      `the port ${port} on ${address}, which hostfwd.${name} wants, is taken on the exporter's machine: stop what listens there, or write hostport: 0 for a free one`,
      { code: "unavailable", reason: "QEMU_PORT_TAKEN", cause },
    );
  }
  return new JumpstarterError(`${program} did not start: it ended with ${endOf(end)} and ${quoted(said)}`, {
    code: "failed-precondition",
    reason: "QEMU_START_FAILED",
    cause,
  });
}

/** A machine that ended while it was running. */
export function crashed({ program, end, said }: Ended): JumpstarterError {
  return new JumpstarterError(
    `the machine is gone: ${program} ended with ${endOf(end)} while it was on, and ${quoted(said)}; switch it on again`,
    { code: "unavailable", reason: "QEMU_CRASHED" },
  );
}

function quoted(said: string): string {
  return said === "" ? "said nothing" : `said ${JSON.stringify(said.slice(-600))}`;
}
