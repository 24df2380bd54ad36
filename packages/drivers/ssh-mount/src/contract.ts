import { contract } from "@jumpstarter-ts/core";
import { ssh } from "@jumpstarter-ts/driver-ssh";

/** It has no methods: the client does it all, with what the child says. */
export const sshMountContract = contract({
  name: "ssh-mount",
  label: "jumpstarter_driver_ssh_mount.client.SSHMountClient",
  children: { ssh },
});
