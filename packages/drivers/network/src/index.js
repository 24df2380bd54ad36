export { datagramNetwork, dbusNetwork, network } from "./client.js";
export { datagramContract, dbusContract, networkContract } from "./contract.js";
//# sourceMappingURL=index.js.map
