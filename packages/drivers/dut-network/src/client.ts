import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { dutNetworkContract, type DutDnsEntry, type DutLease, type DutNetworkStatus } from "./contract.ts";

export interface DutAddressOptions extends CallOptions {
  /** Whose address it is; without it, one outside of DHCP. */
  readonly mac?: string;
  readonly hostname?: string;
  /** What the address is outside, where the translation is `1to1`. */
  readonly publicIp?: string;
}

/** The network segment of a device, which the exporter serves with addresses, names and a way out. */
export interface DutNetworkClient {
  status(options?: CallOptions): Promise<DutNetworkStatus>;
  /** Whether the exporter serves the time, and whether it does now. */
  ntpStatus(options?: CallOptions): Promise<{ readonly enabled: boolean; readonly running: boolean }>;
  /** The address of a device, if it has one. */
  ipOf(mac: string, options?: CallOptions): Promise<string | undefined>;
  leases(options?: CallOptions): Promise<readonly DutLease[]>;
  addAddress(ip: string, options?: DutAddressOptions): Promise<void>;
  /** An address that is not there does no harm. */
  removeAddress(ip: string, options?: CallOptions): Promise<void>;
  natRules(options?: CallOptions): Promise<string>;
  dnsEntries(options?: CallOptions): Promise<readonly DutDnsEntry[]>;
  addDnsEntry(hostname: string, ip: string, options?: CallOptions): Promise<void>;
  /** A name that is not there does no harm. */
  removeDnsEntry(hostname: string, options?: CallOptions): Promise<void>;
  /**
   * A line for each packet, until the loop is left or the signal ends it. The arguments are those of tcpdump; the
   * exporter sets the interface and drops `-w`.
   */
  tcpdump(args?: readonly string[], options?: CallOptions): AsyncIterable<string>;
}

export const dutNetwork = defineDriver({ contract: dutNetworkContract, client: dutNetworkClient });

function dutNetworkClient(remote: Remote<typeof dutNetworkContract>): DutNetworkClient {
  return {
    status: (options = {}) => remote.with(options).call("status"),
    ntpStatus: (options = {}) => remote.with(options).call("ntp_status"),
    ipOf: async (mac, options = {}) => (await remote.with(options).call("get_dut_ip", mac)) ?? undefined,
    leases: (options = {}) => remote.with(options).call("get_leases"),
    addAddress: (ip, { mac, hostname = "", publicIp, ...options } = {}) =>
      remote.with(options).call("add_address", ip, mac, hostname, publicIp),
    removeAddress: (ip, options = {}) => remote.with(options).call("remove_address", ip),
    natRules: (options = {}) => remote.with(options).call("get_nat_rules"),
    dnsEntries: (options = {}) => remote.with(options).call("get_dns_entries"),
    addDnsEntry: (hostname, ip, options = {}) => remote.with(options).call("add_dns_entry", hostname, ip),
    removeDnsEntry: (hostname, options = {}) => remote.with(options).call("remove_dns_entry", hostname),
    tcpdump: (args = [], options = {}) => remote.with(options).stream("tcpdump", [...args]),
  };
}
