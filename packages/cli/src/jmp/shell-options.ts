import type { Option, Parameter } from "../command.ts";

/** Of a lab; understood, and answered with what they need. */
export const leaseOptions: readonly Option[] = [
  { name: "client", value: "ALIAS", help: "Alias of a client's configuration (needs a controller)" },
  {
    name: "client-config",
    value: "FILE",
    help: "File of a client's configuration (needs a controller)",
    complete: "files",
  },
  { name: "lease", value: "NAME", help: "Use this lease (needs a controller)" },
  {
    name: "selector",
    short: "l",
    value: "SELECTOR",
    isRepeated: true,
    help: "Labels of the exporter (needs a controller)",
  },
  { name: "name", short: "n", value: "NAME", help: "Name of the exporter (needs a controller)" },
  { name: "duration", value: "DURATION", help: "How long the lease is for (needs a controller)" },
  { name: "acquisition-timeout", value: "DURATION", help: "How long to wait for a lease (needs a controller)" },
  { name: "retry-timeout", value: "DURATION", help: "How long to retry an exporter that is gone (needs a controller)" },
];

export const shellOptions: readonly Option[] = [
  { name: "tls-grpc", value: "HOST:PORT", help: "Connect to an exporter directly" },
  { name: "tls-grpc-insecure", help: "With --tls-grpc: without TLS, in plaintext" },
  { name: "passphrase", value: "TEXT", help: "With --tls-grpc: what the exporter demands" },
  { name: "exporter-logs", help: "Show what the exporter logs" },
  ...leaseOptions,
];

export const shellParameters: readonly Parameter[] = [
  {
    name: "COMMAND",
    help: "What to run instead of a shell, after --",
    isOptional: true,
    isRest: true,
    complete: "files",
  },
];
