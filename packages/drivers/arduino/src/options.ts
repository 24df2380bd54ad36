import { z } from "zod";

/** Relative paths start at the directory of the exporter's configuration. */
export const arduinoOptions = z
  .strictObject({
    /** Intel HEX that is in the flash at the start. Without it the flash is erased. */
    firmware: z.string().min(1).optional(),
    /** File that keeps the EEPROM from one session to the next; it is made when it is absent. */
    eeprom: z.string().min(1).optional(),
  })
  .default({});
