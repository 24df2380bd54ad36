import { contract } from "@jumpstarter-ts/core";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { flasher } from "@jumpstarter-ts/driver-storage";

import { pins } from "./pins-client.ts";

/** A board is upstream's composite: every client reaches the children by name. */
export const arduinoContract = contract({
  name: "arduino",
  label: "jumpstarter_driver_composite.client.CompositeClient",
  children: { power, console: serial, flasher, pins },
});
