import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface FakeLayer {
  readonly content: Uint8Array;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface FakeRegistryOptions {
  readonly layers: readonly FakeLayer[];
  /** Wants a token, which it gives to anybody. */
  readonly isGuarded?: boolean;
  /** Blobs are elsewhere, as with registries that keep them at a cloud's; that place must not see the token. */
  readonly isRedirecting?: boolean;
  /** What it sends for a blob instead of the blob. */
  readonly spoil?: (content: Uint8Array) => Uint8Array;
}

const digestOf = (content: Uint8Array): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;

/** A registry of one bundle, at the seam of HTTP. */
export async function openRegistry({
  layers,
  isGuarded = false,
  isRedirecting = false,
  spoil = (content) => content,
}: FakeRegistryOptions) {
  const asked: string[] = [];
  const blobs = new Map(layers.map(({ content }) => [digestOf(content), content]));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      layers: layers.map(({ content, mediaType = "application/octet-stream", annotations }) => ({
        mediaType,
        digest: digestOf(content),
        size: content.length,
        annotations,
      })),
    }),
  );
  const elsewhere = await listen((request, response) => {
    const isTold = request.headers.authorization !== undefined;
    if (isTold) response.writeHead(403).end();
    else response.end(blobs.get((request.url ?? "").slice(1)));
  });
  const registry = await listen((request, response) => {
    const { pathname, search } = new URL(request.url ?? "", "http://registry");
    asked.push(`${pathname}${search}`);
    if (pathname === "/token") {
      response.end(JSON.stringify({ token: "anybody" }));
    } else if (isGuarded && request.headers.authorization !== "Bearer anybody") {
      const realm = `http://127.0.0.1:${registry.port}/token`;
      const challenge = `Bearer realm="${realm}",service="registry",scope="repository:boards/test:pull"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    } else if (pathname.endsWith("/manifests/v1") || pathname.endsWith(digestOf(manifest))) {
      response.end(manifest);
    } else {
      const digest = pathname.split("/").at(-1) ?? "";
      const blob = blobs.get(digest);
      if (blob === undefined) response.writeHead(404).end();
      else if (isRedirecting)
        response.writeHead(307, { location: `http://localhost:${elsewhere.port}/${digest}` }).end();
      else response.end(spoil(blob));
    }
  });
  return {
    asked,
    reference: `127.0.0.1:${registry.port}/boards/test:v1`,
    digest: digestOf(manifest),
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      await elsewhere[Symbol.asyncDispose]();
    },
  };
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
