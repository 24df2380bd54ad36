export {
  uds,
  type UdsAuthenticationOptions,
  type UdsClient,
  type UdsFileTransferOptions,
  type UdsReset,
  type UdsRoutineOptions,
  type UdsSession,
} from "./client.ts";
export { udsContract } from "./contract.ts";
export type {
  UdsAnswer,
  UdsAuthenticationResponse,
  UdsDataValue,
  UdsFileTransferResponse,
  UdsResponse,
  UdsRoutineResponse,
  UdsSeed,
  UdsTroubleCode,
} from "./results.ts";
