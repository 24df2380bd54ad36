import { argument, contract, streaming, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

const optionalText = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === "" ? undefined : value));

export interface DutLease {
  readonly mac: string;
  readonly ip: string;
  readonly hostname: string | undefined;
  /** Seconds since 1970; 0 for a lease that does not end. */
  readonly expiryS: number;
}

const lease = z
  .object({ mac: z.string(), ip: z.string(), hostname: optionalText, expiry: z.coerce.number() })
  .transform(({ expiry, ...rest }): DutLease => ({ ...rest, expiryS: expiry }));

export interface DutDnsEntry {
  readonly hostname: string;
  readonly ip: string;
}

const dnsEntry = z.object({ hostname: z.string(), ip: z.string() });

export interface DutNetworkStatus {
  /** As the exporter's kernel has it, with the addresses of the gateway. */
  readonly interfaceStatus: { readonly name: string; readonly exists: boolean; readonly addresses: readonly string[] };
  readonly interface: string;
  /** Where the traffic leaves to, if it may leave. */
  readonly upstream: string | undefined;
  readonly subnet: string;
  /** `masquerade`, `1to1`, `disabled` or `none`. */
  readonly natMode: string;
  readonly isDhcpEnabled: boolean;
  readonly leases: readonly DutLease[];
  readonly dnsEntries: readonly DutDnsEntry[];
  /** As nftables lists them. */
  readonly natRules: string;
}

const status = z
  .object({
    interface_status: z.object({
      name: z.string(),
      exists: z.boolean(),
      addresses: z
        .array(z.string())
        .nullish()
        .transform((addresses) => addresses ?? []),
    }),
    interface: z.string(),
    upstream: optionalText,
    subnet: z.string(),
    nat_mode: z.string(),
    dhcp_enabled: z.boolean(),
    leases: z.array(lease),
    dns_entries: z.array(dnsEntry),
    nat_rules: z.string(),
  })
  .transform((wire): DutNetworkStatus => ({
    interfaceStatus: wire.interface_status,
    interface: wire.interface,
    upstream: wire.upstream,
    subnet: wire.subnet,
    natMode: wire.nat_mode,
    isDhcpEnabled: wire.dhcp_enabled,
    leases: wire.leases,
    dnsEntries: wire.dns_entries,
    natRules: wire.nat_rules,
  }));

const ip = argument("ip", z.union([z.ipv4(), z.ipv6()]));
const mac = z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i);
const hostname = argument("hostname", z.string());

export const dutNetworkContract = contract({
  name: "dut-network",
  label: "jumpstarter_driver_dut_network.client.DutNetworkClient",
  methods: {
    status: unary({ help: "Tell how the network is", result: status }),
    ntp_status: unary({
      help: "Tell whether the time is served",
      result: z.object({ enabled: z.boolean(), running: z.boolean() }),
    }),
    get_dut_ip: unary({
      help: "Tell the address of a device",
      arguments: [argument("mac", mac)],
      result: z.string().nullable(),
    }),
    get_leases: unary({ help: "Tell who has an address", result: z.array(lease) }),
    add_address: unary({
      help: "Give an address to a device",
      arguments: [
        ip,
        argument("mac", mac.optional()),
        hostname,
        argument("public_ip", z.union([z.ipv4(), z.ipv6()]).optional()),
      ],
    }),
    remove_address: unary({ help: "Take an address back", arguments: [ip] }),
    get_nat_rules: unary({ help: "Tell the rules of the translation", result: z.string() }),
    get_dns_entries: unary({ help: "Tell the names that are served", result: z.array(dnsEntry) }),
    add_dns_entry: unary({ help: "Serve a name", arguments: [argument("hostname", z.string().min(1)), ip] }),
    remove_dns_entry: unary({ help: "Serve a name no more", arguments: [hostname] }),
    tcpdump: streaming({
      help: "Watch the packets",
      arguments: [argument("args", z.array(z.string()).optional())],
      result: z.string(),
    }),
  },
});
