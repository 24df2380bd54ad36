import { contract, unary } from "@jumpstarter-ts/core";
import { storage } from "@jumpstarter-ts/driver-storage";
import { z } from "zod";

export const httpContract = contract({
  name: "http",
  label: "jumpstarter_driver_http.client.HttpServerClient",
  methods: {
    start: unary({ help: "Start the server" }),
    stop: unary({ help: "Stop the server" }),
    get_url: unary({ help: "Tell where the server's files begin: http://host:port", result: z.string() }),
    get_host: unary({ help: "Tell the server's address", result: z.string().nullish() }),
    get_port: unary({ help: "Tell the server's port; 0 while it does not run", result: z.number() }),
  },
  children: { storage },
});
