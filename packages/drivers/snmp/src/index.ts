export { snmp, type SnmpClient } from "./client.ts";
export { snmpContract } from "./contract.ts";
