import { contract, unary } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { z } from "zod";

export const sshContract = contract({
  name: "ssh",
  label: "jumpstarter_driver_ssh.client.SSHWrapperClient",
  methods: {
    get_default_username: unary({ help: "Tell the user to log in as; empty for none", result: z.string() }),
    get_ssh_command: unary({ help: "Tell how the lab wants ssh to be started", result: z.string() }),
    get_ssh_identity: unary({ help: "Give the private key to log in with", result: z.string().nullish() }),
  },
  children: { tcp: network },
});
