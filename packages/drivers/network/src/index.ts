export { datagramNetwork, dbusNetwork, network, type DbusNetworkClient, type NetworkClient } from "./client.ts";
export { datagramContract, dbusContract, networkContract } from "./contract.ts";
