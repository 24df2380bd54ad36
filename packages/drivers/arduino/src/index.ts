export { formatFirmware, parseFirmware } from "./firmware.ts";
export { startBoard, type StartBoardOptions, type VirtualBoard, type VirtualPins } from "./virtual-board.ts";
export type { PinEvent } from "./pin-watchers.ts";
export { analogPinNames, pinNames, type AnalogPinName, type PinLevel, type PinName, type PinReading } from "./pins.ts";
