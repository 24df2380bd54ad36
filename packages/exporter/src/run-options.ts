/** Where a standalone exporter listens: TCP with TLS (a certificate of its own making by default), or plaintext spelled out. */
export type RunListen = {
  readonly host: string;
  /** 0 takes a free one, which `onReady` tells. */
  readonly port: number;
  /** Demanded of every call. */
  readonly passphrase?: string | undefined;
} & (
  | {
      /** Paths of PEM files. */
      readonly tls?: { readonly certificateFile: string; readonly keyFile: string } | undefined;
      readonly insecure?: false | undefined;
    }
  | { readonly insecure: true }
);

export interface RunExporterOptions {
  readonly configFile: string;
  readonly listen: RunListen;
  /** What a relative path starts from, and where drivers are looked for too. Default: the working directory. */
  readonly cwd?: string;
  /** Of the exporter and its hooks. Default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Is told every line of the log: `INFO:exporter:text`. */
  readonly onLog?: (line: string) => void;
  /** Is told when the exporter serves, and again after each restart. */
  readonly onReady?: (ready: ExporterReady) => void;
  /** Stops the exporter as SIGTERM does; the answer is 0 then. */
  readonly signal?: AbortSignal;
  /** Default true: SIGINT, SIGTERM, SIGQUIT and SIGHUP of this process stop the exporter; a second one hurries it. */
  readonly handleSignals?: boolean;
}

export interface ExporterReady {
  /** For `JUMPSTARTER_HOST`. */
  readonly host: string;
  readonly pid: number;
  /** PEM of the certificate that the exporter made for itself: what its clients have to trust. */
  readonly certificate?: string | undefined;
}
