import type { Secret } from "./secret.ts";

/** A client's configuration, checked: who it is, which lab it uses, which drivers it may import. */
export interface ClientConfig {
  /** The file's name up to its first dot; absent for a configuration that is made of environment variables only. */
  readonly alias: string | undefined;
  readonly file: string | undefined;
  /** `namespace` must be written, but may be null, for a lab that has none. */
  readonly metadata: { readonly name: string; readonly namespace: string | undefined };
  /** `host:port`. */
  readonly endpoint: string | undefined;
  readonly token: Secret | undefined;
  readonly refreshToken: Secret | undefined;
  readonly tls: TlsConfig;
  readonly grpcOptions: Readonly<Record<string, string | number>>;
  readonly drivers: {
    /** Globs of the client labels that may be imported. */
    readonly allow: readonly string[];
    /** True as well where `UNSAFE` is among the globs. */
    readonly unsafe: boolean;
  };
  readonly shell: { readonly useProfiles: boolean };
  readonly leases: {
    readonly acquisitionTimeoutS: number;
    readonly dialTimeoutS: number;
    readonly retryTimeoutS: number;
  };
}

export interface TlsConfig {
  /** PEM; absent for the certificates that the system trusts. */
  readonly ca: string | undefined;
  /** TLS without checking whom the certificate is from. */
  readonly insecure: boolean;
}

/** What is written to a client's file: what is left out stays as it is, `null` removes it. */
export interface ClientConfigChanges {
  readonly metadata?: { readonly name: string; readonly namespace: string | null };
  readonly endpoint?: string | null;
  readonly token?: Secret | string | null;
  readonly refreshToken?: Secret | string | null;
  /** `ca`: PEM, or base64 of PEM; written as base64. */
  readonly tls?: { readonly ca?: string | null; readonly insecure?: boolean };
  readonly grpcOptions?: Readonly<Record<string, string | number>> | null;
  readonly drivers?: { readonly allow?: readonly string[]; readonly unsafe?: boolean };
  readonly shell?: { readonly useProfiles?: boolean };
  readonly leases?: { readonly acquisitionTimeoutS?: number; readonly retryTimeoutS?: number };
}
