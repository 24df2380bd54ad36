import { createHash, timingSafeEqual } from "node:crypto";

import { type ServerInterceptor, ServerInterceptingCall, status as Status } from "@grpc/grpc-js";

import { passphraseKey } from "./channel.ts";

/** Refuses every call, of whichever service, that does not carry the passphrase. */
export function requirePassphrase(passphrase: string): ServerInterceptor {
  const expected = digest(passphrase);
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, pass) {
            const [sent] = metadata.get(passphraseKey);
            // Equal lengths for timingSafeEqual, and nothing learnt about the passphrase's own.
            if (typeof sent === "string" && timingSafeEqual(digest(sent), expected)) {
              metadata.remove(passphraseKey);
              pass(metadata);
            } else {
              call.sendStatus({ code: Status.UNAUTHENTICATED, details: "invalid or missing passphrase" });
            }
          },
        });
      },
    });
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
