export { arduino, type ArduinoClient } from "./client.ts";
export { arduinoContract } from "./contract.ts";
export { pins, type PinsClient } from "./pins-client.ts";
export { pinsContract } from "./pins-contract.ts";
export type { PinEvent } from "./pin-watchers.ts";
export { analogPinNames, pinNames, type AnalogPinName, type PinLevel, type PinName, type PinReading } from "./pins.ts";
