export { noyitoRelay, type NoyitoRelayClient, type RelayStatus } from "./client.ts";
export { noyitoRelayContract, relayStatusSchema } from "./contract.ts";
