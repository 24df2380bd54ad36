import { z } from "zod";

/** A value that travels as JSON in a text. */
export function json<S extends z.ZodType>(schema: S) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "it is no JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

const orUndefined = <S extends z.ZodType>(schema: S) => schema.nullish().transform((value) => value ?? undefined);

export interface ProxyStatus {
  readonly isRunning: boolean;
  /** `stopped` or what it was started with. */
  readonly mode: string;
  readonly pid: number | undefined;
  /** As the exporter sees it: `127.0.0.1:8080`. */
  readonly proxyAddress: string | undefined;
  readonly isWebUiEnabled: boolean;
  /** With the token that opens it. */
  readonly webUiUrl: string | undefined;
  readonly mockCount: number;
  /** What is being recorded to, on the exporter. */
  readonly flowFile: string | undefined;
}

export const proxyStatus = z
  .object({
    running: z.boolean(),
    mode: z.string(),
    pid: orUndefined(z.number()),
    proxy_address: orUndefined(z.string()),
    web_ui_enabled: z.boolean(),
    web_ui_address: orUndefined(z.string()),
    mock_count: z.number(),
    flow_file: orUndefined(z.string()),
  })
  .transform((wire): ProxyStatus => ({
    isRunning: wire.running,
    mode: wire.mode,
    pid: wire.pid,
    proxyAddress: wire.proxy_address,
    isWebUiEnabled: wire.web_ui_enabled,
    webUiUrl: wire.web_ui_address,
    mockCount: wire.mock_count,
    flowFile: wire.flow_file,
  }));

export interface FlowFile {
  readonly name: string;
  /** On the exporter. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modified: string | number;
}

export const flowFile = z
  .object({
    name: z.string(),
    path: z.string(),
    size_bytes: z.number(),
    modified: z.union([z.string(), z.number()]),
  })
  .transform(({ size_bytes: sizeBytes, ...rest }): FlowFile => ({ ...rest, sizeBytes }));

/** A header or a parameter that came more than once has all its values. */
const values = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

export interface CapturedRequest {
  readonly timestamp: string | number | undefined;
  readonly method: string;
  readonly url: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
  readonly responseStatus: number | undefined;
  readonly wasMocked: boolean;
  readonly wasPatched: boolean;
  readonly durationMs: number | undefined;
  readonly responseSizeBytes: number | undefined;
  readonly responseBody: string | undefined;
  /** Where a long or binary body is, for `captures.readFile`. */
  readonly responseBodyFile: string | undefined;
  readonly responseContentType: string | undefined;
  readonly responseHeaders: Readonly<Record<string, string | readonly string[]>>;
  readonly isResponseBinary: boolean;
}

export const capturedRequest = z
  .object({
    timestamp: orUndefined(z.union([z.string(), z.number()])),
    method: z.string(),
    url: z.string().default(""),
    path: z.string(),
    headers: values.default({}),
    query: values.default({}),
    body: z.string().nullish(),
    response_status: orUndefined(z.number()),
    was_mocked: z.boolean().default(false),
    was_patched: z.boolean().default(false),
    duration_ms: orUndefined(z.number()),
    response_size: orUndefined(z.number()),
    response_body: orUndefined(z.string()),
    response_body_file: orUndefined(z.string()),
    response_content_type: orUndefined(z.string()),
    response_headers: values.nullish(),
    response_is_binary: z.boolean().default(false),
  })
  .transform((wire): CapturedRequest => ({
    timestamp: wire.timestamp,
    method: wire.method,
    url: wire.url,
    path: wire.path,
    headers: wire.headers,
    query: wire.query,
    body: wire.body ?? "",
    responseStatus: wire.response_status,
    wasMocked: wire.was_mocked,
    wasPatched: wire.was_patched,
    durationMs: wire.duration_ms,
    responseSizeBytes: wire.response_size,
    responseBody: wire.response_body,
    responseBodyFile: wire.response_body_file,
    responseContentType: wire.response_content_type,
    responseHeaders: wire.response_headers ?? {},
    isResponseBinary: wire.response_is_binary,
  }));
