import { JumpstarterError } from "@jumpstarter-ts/core";

export interface DhcpInfo {
  readonly address: string;
  readonly gateway: string;
  /** 255.255.255.0 where the network told none. */
  readonly netmask: string;
  /** Bits of the netmask: 24. */
  readonly prefixLength: number;
}

export function dhcpInfo(
  path: string,
  {
    address,
    gateway,
    netmask = "255.255.255.0",
  }: Readonly<Record<"address" | "gateway" | "netmask", string | undefined>>,
): DhcpInfo {
  if (address === undefined || gateway === undefined) {
    throw new JumpstarterError(
      `${path} was told no ${address === undefined ? "address" : "gateway"} by DHCP; what serves its network has to send one`,
      { code: "failed-precondition", reason: "UBOOT_NO_NETWORK" },
    );
  }
  const bits = netmask.split(".").map((part) => Number(part).toString(2).padStart(8, "0"));
  return { address, gateway, netmask, prefixLength: bits.join("").replaceAll("0", "").length };
}
