export { dutNetwork, type DutAddressOptions, type DutNetworkClient } from "./client.ts";
export { dutNetworkContract, type DutDnsEntry, type DutLease, type DutNetworkStatus } from "./contract.ts";
