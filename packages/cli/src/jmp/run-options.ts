import type { Option } from "../command.ts";

export const runOptions: readonly Option[] = [
  {
    name: "tls-grpc-listener",
    value: "[HOST:]PORT",
    help: "Serve clients directly, without a lab; HOST is 0.0.0.0 by default",
  },
  { name: "tls-grpc-insecure", help: "With --tls-grpc-listener: without TLS, in plaintext" },
  { name: "tls-cert", value: "FILE", help: "With --tls-grpc-listener: the certificate, PEM", complete: "files" },
  { name: "tls-key", value: "FILE", help: "With --tls-grpc-listener: its private key, PEM", complete: "files" },
  { name: "passphrase", value: "TEXT", help: "With --tls-grpc-listener: what clients have to know" },
];
