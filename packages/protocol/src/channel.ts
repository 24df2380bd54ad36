import {
  Channel,
  type ChannelCredentials,
  type ChannelOptions,
  type ClientOptions,
  connectivityState,
  credentials,
  InterceptingCall,
  type Interceptor,
} from "@grpc/grpc-js";
import { JumpstarterError, within } from "@jumpstarter-ts/core";

import { type Address, formatHost, grpcTarget } from "./address.ts";
import { withDirectCalls } from "./direct-calls.ts";
import { createHttp2Connection } from "./http2-connection.ts";
import { quietGrpc } from "./quiet-grpc.ts";
import { tlsCredentials, type TlsClientOptions } from "./tls-credentials.ts";

/** HTTP/2 flow control of what a client receives; the 64 KiB of gRPC's default cost a good part of the throughput. */
export const clientWindowBytes = 1024 ** 2;

/** Metadata key of the passphrase of a direct exporter. */
export const passphraseKey = "x-jumpstarter-passphrase";

export interface OpenChannelOptions {
  readonly address: Address;
  /** TLS is the default on TCP. A unix socket has none. */
  readonly tls?: TlsClientOptions;
  /** Plaintext on TCP. */
  readonly insecure?: boolean;
  /** Sent with every call. */
  readonly passphrase?: string | undefined;
  /** Default {@link clientWindowBytes}. */
  readonly windowBytes?: number;
}

/** One channel to a peer, and the clients that share it. */
export interface PeerChannel extends AsyncDisposable {
  readonly address: Address;
  readonly channel: Channel;
  /** A client of one service: `peer.client(ExporterServiceClient)`. It needs no closing of its own. */
  client<T>(Client: ClientConstructor<T>): T;
  /**
   * Resolves once connected. Throws at the first failed attempt: `unavailable` (`PEER_UNREACHABLE`), or what is wrong
   * with the certificate: `permission-denied` (`CERTIFICATE_…`).
   */
  ready(options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number }): Promise<void>;
  /** Lets calls that run come to their end; refuses new ones. Harmless twice. */
  close(): void;
}

export type ClientConstructor<T> = new (
  address: string,
  credentials: ChannelCredentials,
  options?: Partial<ClientOptions>,
) => T;

/** Opens a channel lazily: nothing is dialled before the first call or `ready()`. */
export function openChannel(options: OpenChannelOptions): PeerChannel {
  const { address, passphrase } = options;
  quietGrpc();
  const target = grpcTarget(address);
  const tls =
    address.kind === "unix" || options.insecure === true ? undefined : tlsCredentials(address, options.tls ?? {});
  const channelCredentials = tls?.credentials ?? credentials.createInsecure();
  const channel = new Channel(target, channelCredentials, channelOptions(options));
  const interceptors = passphrase === undefined ? [] : [sendPassphrase(passphrase)];
  // A passphrase goes through grpc-js's interceptors.
  const direct =
    address.kind === "unix" && passphrase === undefined
      ? createHttp2Connection({
          socketPath: address.path,
          windowBytes: options.windowBytes ?? clientWindowBytes,
        })
      : undefined;
  let isOpen = true;

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    channel.close();
    direct?.close();
  }

  function client<T>(Client: ClientConstructor<T>): T {
    const made = new Client(target, channelCredentials, { channelOverride: channel, interceptors });
    return direct === undefined ? made : withDirectCalls(made, direct);
  }

  return {
    address,
    channel,
    client,
    ready: ({ signal, timeoutMs } = {}) =>
      within(
        connected(channel, address, () => tls?.failure()),
        {
          signal,
          timeoutMs,
          what: `the connection to ${formatHost(address)}`,
        },
      ),
    close,
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}

function channelOptions({ address, windowBytes = clientWindowBytes }: OpenChannelOptions): ChannelOptions {
  return {
    "grpc.enable_http_proxy": 0,
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.service_config_disable_resolution": 1,
    // Two channels to one peer are two connections: one's end does not touch the other.
    "grpc.use_local_subchannel_pool": 1,
    "grpc-node.flow_control_window": windowBytes,
    // Python peers cut a unix connection that is pinged; on TCP they expect it.
    ...(address.kind === "unix" ? { "grpc.default_authority": "localhost" } : tcpOptions),
  };
}

const tcpOptions: ChannelOptions = {
  "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 180_000,
  "grpc.keepalive_permit_without_calls": 1,
};

async function connected(
  channel: Channel,
  address: Address,
  tlsFailure?: () => JumpstarterError | undefined,
): Promise<void> {
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) return;
    if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) {
      const failure = tlsFailure?.();
      if (failure !== undefined) throw failure;
      throw new JumpstarterError(`nothing answers at ${formatHost(address)}; check that the exporter is running`, {
        code: "unavailable",
        reason: "PEER_UNREACHABLE",
      });
    }
    await nextState(channel, state);
  }
}

function nextState(channel: Channel, from: connectivityState): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  channel.watchConnectivityState(from, Infinity, () => resolve());
  return promise;
}

function sendPassphrase(passphrase: string): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start(metadata, listener, next) {
        metadata.set(passphraseKey, passphrase);
        next(metadata, listener);
      },
    });
}
