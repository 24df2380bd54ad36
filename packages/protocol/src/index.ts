export { Metadata } from "@grpc/grpc-js";
export { formatHost, grpcTarget, parseHost, type Address, type TcpAddress, type UnixAddress } from "./address.ts";
export {
  clientWindowBytes,
  openChannel,
  passphraseKey,
  type ClientConstructor,
  type OpenChannelOptions,
  type PeerChannel,
} from "./channel.ts";
export {
  decodeFrame,
  encodeFrame,
  FrameType,
  maxFramePayloadBytes,
  RouterServiceClient,
  RouterServiceService,
  type Frame,
} from "./frames.ts";
export { requirePassphrase } from "./passphrase.ts";
export {
  createServer,
  service,
  type CreateServerOptions,
  type Handlers,
  type PeerServer,
  type Service,
  type TlsServerOptions,
} from "./server.ts";
export { serverWindowBytes } from "./server-windows.ts";
export {
  codeKey,
  fromStatus,
  maxDetailsBytes,
  reasonKey,
  rpcStatusOf,
  toStatus,
  type RpcFailure,
  type RpcStatus,
} from "./status.ts";
export {
  isResourceHandle,
  readResourceAnswer,
  readResourceHandle,
  readStreamTarget,
  resourceMetadata,
  streamMetadata,
  type ClientStreamHandle,
  type DriverStreamTarget,
  type PresignedRequestHandle,
  type ResourceAnswer,
  type ResourceHandle,
  type ResourceStreamTarget,
  type StreamTarget,
} from "./stream-target.ts";
export {
  clientStream,
  initialMetadata,
  serverStream,
  type ClientStreamCall,
  type ServerStreamCall,
  type StreamOptions,
} from "./tunnel.ts";
export type { TlsClientOptions } from "./tls-credentials.ts";
export { decodeValue, encodeValue, maxValueDepth, type EncodeValueOptions } from "./value.ts";
export { Duration } from "./gen/google/protobuf/duration.ts";
export { Empty } from "./gen/google/protobuf/empty.ts";
export { FieldMask } from "./gen/google/protobuf/field_mask.ts";
export { ListValue, NullValue, Struct, Value } from "./gen/google/protobuf/struct.ts";
export { Timestamp } from "./gen/google/protobuf/timestamp.ts";
export { ExporterStatus, LogSource } from "./gen/jumpstarter/v1/common.ts";
export { Condition, LabelSelector, LabelSelectorRequirement, Time } from "./gen/jumpstarter/v1/kubernetes.ts";
export { StreamRequest, StreamResponse } from "./gen/jumpstarter/v1/router.ts";
export {
  AuditStreamRequest,
  ControllerServiceClient,
  type ControllerServiceServer,
  ControllerServiceService,
  DialRequest,
  DialResponse,
  DriverCallRequest,
  DriverCallResponse,
  DriverInstanceReport,
  EndSessionRequest,
  EndSessionResponse,
  Endpoint,
  ExporterServiceClient,
  type ExporterServiceServer,
  ExporterServiceService,
  GetLeaseRequest,
  GetLeaseResponse,
  GetReportResponse,
  GetServiceEndpointsRequest,
  GetServiceEndpointsResponse,
  GetStatusRequest,
  GetStatusResponse,
  ListLeasesRequest,
  ListLeasesResponse,
  ListenRequest,
  ListenResponse,
  LogStreamResponse,
  RegisterRequest,
  RegisterResponse,
  ReleaseLeaseRequest,
  ReleaseLeaseResponse,
  ReportStatusRequest,
  ReportStatusResponse,
  RequestLeaseRequest,
  RequestLeaseResponse,
  ResetRequest,
  ResetResponse,
  StatusRequest,
  StatusResponse,
  StreamingDriverCallRequest,
  StreamingDriverCallResponse,
  TelemetryEndpoint,
  UnregisterRequest,
  UnregisterResponse,
} from "./gen/jumpstarter/v1/jumpstarter.ts";
// Both packages have GetLease and ListLeases messages, of different shapes: those of the client package carry a prefix.
export {
  ClientServiceClient,
  type ClientServiceServer,
  ClientServiceService,
  CreateLeaseRequest,
  DeleteLeaseRequest,
  Exporter,
  GetExporterRequest,
  GetLeaseRequest as ClientGetLeaseRequest,
  Lease,
  ListExportersRequest,
  ListExportersResponse,
  ListLeasesRequest as ClientListLeasesRequest,
  ListLeasesResponse as ClientListLeasesResponse,
  RotateTokenRequest,
  RotateTokenResponse,
  UpdateLeaseRequest,
} from "./gen/jumpstarter/client/v1/client.ts";
