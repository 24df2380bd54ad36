export { can, type CanClient, type CanProtocol, type CanSendOptions, type CanState } from "./client.ts";
export { canContract, isoTpContract } from "./contract.ts";
export type { CanFilter } from "./filter.ts";
export type { IsoTpAddress, IsoTpAddressingMode, IsoTpAsymmetricAddress } from "./isotp-address.ts";
export { isoTp, type IsoTpClient, type IsoTpSendOptions } from "./isotp.ts";
export type { CanListener, Listening } from "./listeners.ts";
export type { CanMessage, ReceivedCanMessage } from "./message.ts";
export type { PeriodicOptions, PeriodicTask } from "./periodic.ts";
export type { ReceiveOptions } from "./receiver.ts";
