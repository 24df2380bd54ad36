import { randomUUID } from "node:crypto";

import { JumpstarterError, type ByteStream, type ContentEncoding } from "@jumpstarter-ts/core";
import { contentEncodingOf } from "@jumpstarter-ts/encoding";
import type { ClientStreamHandle } from "@jumpstarter-ts/protocol";

/** The client's streams that wait for the call that uses them. */
export interface ResourceTable {
  /** Lends a stream to one device, for one call. */
  offer(device: string, stream: ByteStream, encoding: string | null): ClientStreamHandle;
  /** Takes a stream out; a second time there is none. Throws `not-found` (`RESOURCE_UNKNOWN`). */
  claim(device: string, handle: ClientStreamHandle): Offered;
}

export interface Offered {
  readonly stream: ByteStream;
  readonly encoding: ContentEncoding | undefined;
}

export function createResourceTable(): ResourceTable {
  const offers = new Map<string, Offered & { readonly device: string }>();
  return {
    offer(device, stream, requested) {
      const uuid = randomUUID();
      const encoding = contentEncodingOf(requested);
      offers.set(uuid, { device, stream, encoding });
      stream.once("close", () => offers.delete(uuid));
      return { kind: "client_stream", uuid, x_jmp_content_encoding: encoding ?? null };
    },
    claim(device, { uuid, x_jmp_content_encoding: named }) {
      const offered = offers.get(uuid);
      if (offered === undefined || offered.device !== device) {
        throw new JumpstarterError(
          `there is no resource ${JSON.stringify(uuid)} for this device: a handle counts once, and only for the device that its stream was opened for`,
          { code: "not-found", reason: "RESOURCE_UNKNOWN" },
        );
      }
      offers.delete(uuid);
      // What the handle says counts, whatever was negotiated.
      const encoding = contentEncodingOf(named);
      if (named !== null && encoding === undefined) {
        offered.stream.destroy();
        throw new JumpstarterError(
          `the resource is ${JSON.stringify(named)}, which this exporter does not know: send it plain, or as gzip, zstd, xz or bz2`,
          { code: "unsupported", reason: "RESOURCE_ENCODING_UNKNOWN" },
        );
      }
      return { stream: offered.stream, encoding };
    },
  };
}
