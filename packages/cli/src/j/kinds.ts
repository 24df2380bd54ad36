import type { Device } from "@jumpstarter-ts/client";

import type { Command } from "../command.ts";

export interface Kind {
  readonly help: string;
  readonly commands: (device: Device) => Promise<readonly Command[]> | readonly Command[];
}

const flasher: Kind = {
  help: "A flasher",
  commands: async (device) => (await import("./flasher.ts")).flasherCommands(device),
};

const network: Kind = {
  help: "A network connection",
  commands: async (device) => (await import("./network.ts")).networkCommands(device),
};

/**
 * The kinds of devices with commands of their own, by the client label of a report. They are made from the wire alone,
 * so that no driver's package has to be installed, or loaded, for them. Any other kind has what its contract says.
 */
export const kinds: Readonly<Record<string, Kind>> = {
  "jumpstarter_driver_composite.client.CompositeClient": { help: "A group of devices", commands: () => [] },
  "jumpstarter_driver_power.client.PowerClient": {
    help: "A power supply",
    commands: async (device) => (await import("./power.ts")).powerCommands(device),
  },
  "jumpstarter_driver_power.client.VirtualPowerClient": {
    help: "The power of a virtual device",
    commands: async (device) => (await import("./power.ts")).virtualPowerCommands(device),
  },
  "jumpstarter_driver_network.client.NetworkClient": network,
  "jumpstarter_driver_network.client.DbusNetworkClient": network,
  "jumpstarter_driver_pyserial.client.PySerialClient": {
    help: "A serial port",
    commands: async (device) => (await import("./serial.ts")).serialCommands(device),
  },
  "jumpstarter.client.flasher.FlasherClient": flasher,
  "jumpstarter_driver_opendal.client.FlasherClient": flasher,
  "jumpstarter_driver_opendal.client.StorageMuxClient": {
    help: "A storage that is switched between host and device",
    commands: async (device) => (await import("./storage-mux.ts")).muxCommands(device),
  },
  "jumpstarter_driver_opendal.client.StorageMuxFlasherClient": {
    help: "A flasher behind a storage that is switched between host and device",
    commands: async (device) => (await import("./storage-mux.ts")).muxFlasherCommands(device),
  },
  "jumpstarter_driver_opendal.client.OpendalClient": {
    help: "A storage of files on the exporter's side",
    commands: async (device) => (await import("./storage.ts")).storageCommands(device),
  },
  "jumpstarter_driver_shell.client.ShellClient": {
    help: "Commands of the exporter's configuration",
    commands: async (device) => (await import("./shell.ts")).shellCommands(device),
  },
};
