import { once } from "node:events";
import { createServer } from "node:net";

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
export async function startFailed({
  program,
  end,
  said,
  options,
  cause,
}: Ended & { readonly options: QemuOptions; readonly cause: unknown }): Promise<JumpstarterError> {
  if (isJumpstarterError(cause) && cause.reason === "TIMEOUT") {
    return new JumpstarterError(
      `${program} did not answer within ${options.start_timeout} s and was killed; it ${quoted(said)}`,
      { code: "deadline-exceeded", reason: "QEMU_HUNG", cause },
    );
  }
  const refused = await forwardRefused(said, options, cause);
  if (refused !== undefined) return refused;
  return new JumpstarterError(`${program} did not start: it ended with ${endOf(end)} and ${quoted(said)}`, {
    code: "failed-precondition",
    reason: "QEMU_START_FAILED",
    cause,
  });
}

/** QEMU does not say why it cannot listen; trying it does. */
async function forwardRefused(
  said: string,
  { hostfwd }: QemuOptions,
  cause: unknown,
): Promise<JumpstarterError | undefined> {
  const [, address, port] = /host forwarding rule 'tcp:([\d.]+):(\d+)-/.exec(said) ?? [];
  if (address === undefined || port === undefined) return undefined;
  const [name] =
    Object.entries(hostfwd).find(([, each]) => each.hostport === Number(port) && each.hostaddr === address) ?? [];
  const what = `hostfwd.${name ?? "?"}`;
  const code = await listenFailure(Number(port), address);
  const failed = (message: string): JumpstarterError =>
    new JumpstarterError(message, { code: "failed-precondition", reason: "QEMU_FORWARD_FAILED", cause });
  if (code === "EADDRNOTAVAIL") {
    return failed(
      `${address}, the hostaddr of ${what}, is no address of the exporter's machine: write 127.0.0.1, or 0.0.0.0 for all of them`,
    );
  }
  if (code === "EACCES") {
    return failed(
      `the port ${port} on ${address}, which ${what} wants, is not for the exporter's user: write one above 1023, or 0 for a free one`,
    );
  }
  return new JumpstarterError(
    `the port ${port} on ${address}, which ${what} wants, is taken on the exporter's machine: stop what listens there, or write hostport: 0 for a free one`,
    { code: "unavailable", reason: "QEMU_PORT_TAKEN", cause },
  );
}

async function listenFailure(port: number, host: string): Promise<string | undefined> {
  await using server = createServer().listen({ port, host });
  try {
    await once(server, "listening");
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : undefined;
  }
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
