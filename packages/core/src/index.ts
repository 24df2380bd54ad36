export {
  errorCodes,
  isJumpstarterError,
  JumpstarterError,
  messageOf,
  type ErrorCode,
  type JumpstarterErrorOptions,
} from "./errors.ts";
