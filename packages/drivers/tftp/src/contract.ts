import { contract, unary } from "@jumpstarter-ts/core";
import { storage } from "@jumpstarter-ts/driver-storage";
import { z } from "zod";

export const tftpContract = contract({
  name: "tftp",
  label: "jumpstarter_driver_tftp.client.TftpServerClient",
  methods: {
    start: unary({ help: "Start the server" }),
    stop: unary({ help: "Stop the server" }),
    get_host: unary({ help: "Tell the server's address", result: z.string() }),
    get_port: unary({ help: "Tell the server's port", result: z.number() }),
  },
  children: { storage },
});
