import { bundleError } from "./bundle-error.ts";

/** What a registry holds: `registry.example:5000/boards/bundle:v1@sha256:…`. */
export interface OciReference {
  readonly registry: string;
  readonly repository: string;
  /** A tag, or a digest where the reference has one. */
  readonly version: string;
  readonly digest: string | undefined;
  readonly text: string;
}

const pattern =
  /^((?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d{1,5})?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;

export function parseOciReference(text: string): OciReference {
  const found = text.length > 512 ? null : pattern.exec(text.replace(/^oci:\/\//, ""));
  const [, registry = "", repository = "", tag = "latest", digest] = found ?? [];
  // A first part without a dot or a port is no registry: whose that would be is a setting of other tools.
  if (found === null || !(registry.includes(".") || registry.includes(":") || registry === "localhost")) {
    throw bundleError(
      "FLASHER_BUNDLE_INVALID",
      `${JSON.stringify(text)} is no bundle of a registry: write registry/name:tag, or ./path for a local one`,
    );
  }
  return { registry, repository, version: digest ?? tag, digest, text };
}
