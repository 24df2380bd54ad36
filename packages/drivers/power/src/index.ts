export { power, type PowerClient, type PowerReading } from "./client.ts";
export { powerContract, virtualPowerContract } from "./contract.ts";
export { cycleSwitch, type CycleOptions, type Switch } from "./cycle.ts";
export { virtualPower, type VirtualOffOptions, type VirtualPowerClient } from "./virtual.ts";
