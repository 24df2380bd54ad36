/** The board without an exporter: `@jumpstarter-ts/driver-arduino/board`. */
export type { BoardState } from "./board-messages.ts";
export { formatFirmware, parseFirmware } from "./firmware.ts";
export { startBoard, type StartBoardOptions, type VirtualBoard, type VirtualPins } from "./virtual-board.ts";
