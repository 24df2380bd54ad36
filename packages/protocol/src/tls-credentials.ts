import { isIP, type Socket } from "node:net";
import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";

import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { JumpstarterError, messageOf } from "@jumpstarter-ts/core";

import { formatHost, type TcpAddress } from "./address.ts";

export interface TlsClientOptions {
  /** PEM of the roots to trust. Default: those of Node. */
  readonly ca?: string | Uint8Array;
  /** PEM of our own certificate and its key, where the server asks for one. */
  readonly certificate?: { readonly chain: string | Uint8Array; readonly key: string | Uint8Array };
  /** The name that the server's certificate must carry, if not the host's. */
  readonly serverName?: string;
}

export interface TlsCredentials {
  readonly credentials: ChannelCredentials;
  /** Why the last handshake failed; undefined if it did not. */
  failure(): JumpstarterError | undefined;
}

/** TLS towards one address. Keeps what a failed handshake said, which grpc-js would put into words of its own. */
export function tlsCredentials(address: TcpAddress, { ca, certificate, serverName }: TlsClientOptions): TlsCredentials {
  const secureContext = contextOf({ ca, certificate });
  const name = serverName ?? address.host;
  let failure: JumpstarterError | undefined;

  async function shakeHands(socket: Socket): Promise<{ socket: TLSSocket; secure: boolean }> {
    const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
    // An IP address is checked against the certificate as `host`; as `servername` it is not allowed on the wire.
    const named = isIP(name) === 0 ? { servername: name } : { host: name };
    const secured = connect({ socket, secureContext, ALPNProtocols: ["h2"], ...named }, () => resolve(secured));
    secured.on("error", reject);
    try {
      const shaken = { socket: await promise, secure: true };
      failure = undefined;
      return shaken;
    } catch (error) {
      failure = handshakeError(error, name, address);
      throw failure;
    }
  }

  const secure = credentials.createFromSecureContext(secureContext);
  const createConnector = secure._createSecureConnector.bind(secure);
  secure._createSecureConnector = (...given) => {
    const connector = createConnector(...given);
    return {
      connect: shakeHands,
      waitForReady: () => connector.waitForReady(),
      getCallCredentials: () => connector.getCallCredentials(),
      destroy: () => connector.destroy(),
    };
  };
  return { credentials: secure, failure: () => failure };
}

function contextOf({ ca, certificate }: Pick<TlsClientOptions, "ca" | "certificate">): SecureContext {
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
      ...(certificate === undefined ? {} : { cert: Buffer.from(certificate.chain), key: Buffer.from(certificate.key) }),
    });
  } catch (cause) {
    throw new JumpstarterError(`the certificates to connect with are no PEM, or no pair: ${messageOf(cause)}`, {
      code: "invalid-argument",
      reason: "CERTIFICATE_INVALID",
      cause,
    });
  }
}

function handshakeError(error: unknown, name: string, address: TcpAddress): JumpstarterError {
  const peer = formatHost(address);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const tell = (sentence: string, reason: string): JumpstarterError =>
    new JumpstarterError(sentence, { code: "permission-denied", reason, cause: error });
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return tell(
      `the certificate of ${peer} is not for ${name} but for ${altNames(error)}: connect by a name that it carries`,
      "CERTIFICATE_OTHER_HOST",
    );
  }
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    const state = code === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet";
    return tell(
      `the certificate of ${peer} ${state}: renew it there, or check the clocks of both machines`,
      "CERTIFICATE_EXPIRED",
    );
  }
  if (untrusted.has(code)) {
    return tell(
      `the certificate of ${peer} comes from an authority that is not trusted here: name its PEM file as certificate authority`,
      "CERTIFICATE_UNTRUSTED",
    );
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    return new JumpstarterError(`${peer} does not speak TLS: allow plaintext if that is meant (JMP_GRPC_INSECURE=1)`, {
      code: "failed-precondition",
      reason: "TLS_NOT_SPOKEN",
      cause: error,
    });
  }
  return new JumpstarterError(`no TLS connection to ${peer}: ${messageOf(error)}`, {
    code: "unavailable",
    reason: "TLS_FAILED",
    cause: error,
  });
}

const untrusted: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
]);

/** The names in Node's error: `DNS:bench.lab, IP Address:10.0.0.7`. */
function altNames(error: unknown): string {
  const cert = error instanceof Error && "cert" in error ? error.cert : undefined;
  const names = typeof cert === "object" && cert !== null && "subjectaltname" in cert ? cert.subjectaltname : undefined;
  return typeof names === "string" ? names.replaceAll(/(?:DNS|IP Address):/g, "") : "another host";
}
