import { JumpstarterError, messageOf, type ErrorCode } from "@jumpstarter-ts/core";

/** What failed when a port could not be opened. The library gives the system's words only, not its error number. */
export function openError(path: string, cause: unknown): JumpstarterError {
  const seen = messageOf(cause);
  const explain = (code: ErrorCode, reason: string, sentence: string): JumpstarterError =>
    new JumpstarterError(`the serial port ${path} cannot be opened: ${sentence}`, { code, reason, cause });
  if (/no such (?:file|device)|file not found/i.test(seen)) {
    return explain(
      "unavailable",
      "SERIAL_NO_DEVICE",
      "there is no such device; is it plugged in? /dev/serial/by-id lists what is",
    );
  }
  if (/permission denied|access denied/i.test(seen)) {
    const remedy = 'add it to the group "dialout" (usermod -aG dialout USER) and log in again';
    return explain("permission-denied", "SERIAL_DENIED", `the exporter's user may not; ${remedy}`);
  }
  if (/cannot lock port|resource busy/i.test(seen)) {
    return explain(
      "failed-precondition",
      "SERIAL_BUSY",
      `another program has it; "fuser ${path}" tells which, close it there`,
    );
  }
  if (/inappropriate ioctl|is a directory|invalid argument/i.test(seen)) {
    return explain(
      "invalid-argument",
      "SERIAL_NOT_A_PORT",
      `it is not a serial port, or not for this baud rate (${seen})`,
    );
  }
  return explain("unavailable", "SERIAL_OPEN_FAILED", seen);
}

/** What a stream ends with when its port is gone. */
export function disconnectedError(path: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(`the serial port ${path} is gone: was it unplugged? Plug it in and open it anew`, {
    code: "unavailable",
    reason: "SERIAL_DISCONNECTED",
    cause,
  });
}
