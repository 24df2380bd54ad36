export {
  digitalInput,
  digitalOutput,
  type DigitalInputClient,
  type DigitalOutputClient,
  type PinState,
  type PinWaitOptions,
} from "./client.ts";
export { digitalInputContract, digitalOutputContract } from "./contract.ts";
