import { expect, it } from "vitest";

import { openError } from "./port-error.ts";

it.each([
  ["Error: No such file or directory, cannot open /dev/ttyUSB0", "SERIAL_NO_DEVICE", /is it plugged in/],
  ["Error: Permission denied, cannot open /dev/ttyUSB0", "SERIAL_DENIED", /group "dialout"/],
  ["Error Resource temporarily unavailable Cannot lock port", "SERIAL_BUSY", /another program has it/],
  ["Error: Device or resource busy, cannot open /dev/ttyUSB0", "SERIAL_BUSY", /fuser \/dev\/ttyUSB0/],
  ["Error: Inappropriate ioctl for device setting custom baud rate of -1", "SERIAL_NOT_A_PORT", /not a serial port/],
  ["Error: Input/output error, cannot open /dev/ttyUSB0", "SERIAL_OPEN_FAILED", /Input\/output error/],
])('makes a sentence of "%s"', (seen, reason, sentence) => {
  const cause = new Error(seen);

  const error = openError("/dev/ttyUSB0", cause);

  expect(error.message).toMatch(/^the serial port \/dev\/ttyUSB0 cannot be opened: /);
  expect(error.message).toMatch(sentence);
  expect(error).toMatchObject({ reason, cause });
});
