import { byteStream, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";
const label = "jumpstarter_driver_network.client.NetworkClient";
const address = unary({
  help: "The address as the exporter resolves it: tcp://ip:port",
  result: z.string(),
  isOptional: true,
});
/** A connection whose chunk boundaries mean nothing. */
export const networkContract = contract({
  name: "network",
  label,
  types: [
    "jumpstarter_driver_network.driver.TcpNetwork",
    "jumpstarter_driver_network.driver.UnixNetwork",
    "jumpstarter_driver_network.driver.EchoNetwork",
  ],
  methods: { connect: byteStream({ help: "A new connection" }), address },
});
/**
 * A connection in which every chunk is a message. On the wire it looks like the other one: the label in a report does
 * not tell them apart, so a client has to know which of the two it wants.
 */
export const datagramContract = contract({
  name: "datagram",
  label,
  types: ["jumpstarter_driver_network.driver.UdpNetwork", "jumpstarter_driver_network.driver.WebsocketNetwork"],
  methods: { connect: byteStream({ help: "A new connection; every chunk is a message", isDatagram: true }), address },
});
export const dbusContract = contract({
  name: "dbus",
  label: "jumpstarter_driver_network.client.DbusNetworkClient",
  types: ["jumpstarter_driver_network.driver.DbusNetwork"],
  methods: { connect: byteStream({ help: "A new connection to the message bus, before authentication" }) },
});
//# sourceMappingURL=contract.js.map
