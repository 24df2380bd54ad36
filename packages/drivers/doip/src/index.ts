export {
  doip,
  type DoipClient,
  type DoipIdentificationOptions,
  type DoipPowerMode,
  type DoipReceiveOptions,
  type DoipReconnectOptions,
} from "./client.ts";
export { doipContract, type DoipEntityStatus, type DoipRoutingActivation, type DoipVehicle } from "./contract.ts";
