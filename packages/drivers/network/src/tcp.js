import { connect } from "node:net";
import { implement } from "@jumpstarter-ts/core";
import { assertAddressEnabled, hostAndPort, joinHostPort, resolveHost } from "./address.js";
import { hold, opened } from "./connecting.js";
import { network } from "./client.js";
export const tcpNetwork = implement(network, hostAndPort, ({ host, port, enable_address }, scope) => {
  const what = `TCP connection to ${joinHostPort(host, port)}`;
  return {
    async connect({ signal }) {
      // Two seconds for each address of a host with several: Node's quarter of one is too short for a slow board.
      const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, autoSelectFamilyAttemptTimeout: 2_000 });
      const holding = { scope, signal, what };
      return opened(hold(socket, holding), { ...holding, event: "connect" });
    },
    async address({ signal }) {
      assertAddressEnabled(enable_address, scope.name);
      const { address } = await resolveHost(host, { signal, what: `look-up of ${host}` });
      return `tcp://${joinHostPort(address, port)}`;
    },
  };
});
//# sourceMappingURL=tcp.js.map
