import { defineDriver } from "@jumpstarter-ts/core";
import { datagramContract, dbusContract, networkContract } from "./contract.js";
export const network = defineDriver({ contract: networkContract, client: networkClient });
/** The same device when its connections carry messages (UDP, WebSocket): one chunk, one message. */
export const datagramNetwork = defineDriver({ contract: datagramContract, client: networkClient });
export const dbusNetwork = defineDriver({
  contract: dbusContract,
  client: (remote) => ({
    open: (options = {}) => remote.with(options).open("connect"),
  }),
});
function networkClient(remote) {
  return {
    open: (options = {}) => remote.with(options).open("connect"),
    address: (options = {}) => remote.with(options).call("address"),
  };
}
//# sourceMappingURL=client.js.map
