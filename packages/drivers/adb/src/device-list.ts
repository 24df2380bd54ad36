export interface AdbDevice {
  readonly serial: string;
  /** `device` for one that takes commands; `offline`, `unauthorized`, … */
  readonly state: string;
  /** `model`, `product`, `transport_id`, … */
  readonly properties: Readonly<Record<string, string>>;
}

/** Reads what `adb devices -l` prints. */
export function parseDeviceList(text: string): readonly AdbDevice[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("List of devices") && !line.startsWith("*"))
    .map((line) => {
      const [serial = "", state = "", ...rest] = line.split(/\s+/);
      const properties = rest.map((word) => /^([^:]+):(.*)$/.exec(word)).filter((found) => found !== null);
      return {
        serial,
        state,
        properties: Object.fromEntries(properties.map(([, key = "", value = ""]) => [key, value])),
      };
    });
}
