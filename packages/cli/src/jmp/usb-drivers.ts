/** A kind of USB device that a driver is for. */
export interface UsbDriver {
  readonly name: string;
  /** `vendor:product`, as the kernel writes them. */
  readonly ids: readonly string[];
  /** Where the numbers alone do not tell. */
  readonly product?: string;
  readonly type: string;
  /** The entries of `config:`, for a device with this serial number. */
  readonly config: (serial: string) => string;
  /** What else the driver needs. */
  readonly hint?: string;
}

const bySerial = (serial: string): string => (serial === "" ? "" : `serial: ${JSON.stringify(serial)}`);
const none = (): string => "";

export const usbDrivers: readonly UsbDriver[] = [
  {
    name: "storage",
    ids: ["04e8:6001"],
    product: "sd-wire",
    type: "jumpstarter_driver_sdwire.driver.SDWire",
    config: bySerial,
  },
  {
    name: "power",
    ids: ["04d8:f2f7"],
    type: "jumpstarter_driver_yepkit.driver.Ykush",
    config: bySerial,
    hint: "name one port, 1 to 3, as port",
  },
  {
    name: "dutlink",
    ids: ["2b23:1012"],
    type: "jumpstarter_driver_dutlink.driver.Dutlink",
    config: (serial) =>
      [bySerial(serial), "storage_device: /dev/disk/by-path/NAME"].filter((entry) => entry !== "").join(", "),
    hint: "name the disk that its storage shows up as",
  },
  {
    name: "relay",
    // 5131 and 2007 in decimal.
    ids: ["140b:07d7"],
    type: "jumpstarter_driver_noyito_relay.driver.NoyitoPowerHID",
    config: () => "channel: 1",
  },
  {
    name: "flasher",
    ids: ["0483:374b", "0483:374e", "0483:374f", "0483:3752", "0483:3753"],
    type: "jumpstarter_driver_stlink_msd.driver.StlinkMsdFlasher",
    config: none,
  },
  {
    name: "pico",
    ids: ["2e8a:0003", "2e8a:000f"],
    type: "jumpstarter_driver_pi_pico.driver.PiPicoFlasher",
    config: none,
  },
  {
    name: "probe",
    ids: ["2e8a:000c", "1366:0101", "1366:1015"],
    type: "jumpstarter_driver_probe_rs.driver.ProbeRs",
    config: none,
    hint: "name the chip as chip",
  },
  {
    name: "esp32",
    ids: ["303a:1001"],
    type: "jumpstarter_driver_esp32.driver.Esp32Flasher",
    config: none,
    hint: "it needs its serial port as the child serial",
  },
];
