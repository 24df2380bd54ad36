export { btPeer, type BtPeerClient, type BtStartOptions, type BtWaitOptions } from "./client.ts";
export { btPeerContract } from "./contract.ts";
export type { BtConnection, BtDisconnection, BtEvent, BtPairing, BtPeer } from "./results.ts";
