export type { DeviceCall, DeviceCallOutcome, ViewHooks } from "./access.ts";
export { connect, type ConnectOptions } from "./connect.ts";
export { deviceTree, isGroup, type DeviceTree } from "./device-tree.ts";
export { allDevices, type Device } from "./device.ts";
export {
  forwardTcp,
  forwardUnix,
  type ForwardedTcp,
  type ForwardedUnix,
  type ForwardOptions,
  type ForwardTcpOptions,
} from "./forward.ts";
export type { Session, SessionView, WaitOptions } from "./session.ts";
export type { UntypedClient } from "./untyped-client.ts";
export type { ExporterState, LogRecord, LogSource, SessionStatus } from "./wire.ts";
