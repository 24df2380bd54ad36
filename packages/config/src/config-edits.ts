import { JumpstarterError } from "@jumpstarter-ts/core";

import { readCertificate } from "./certificate.ts";
import type { ClientConfigChanges } from "./client-config.ts";
import type { ExporterConfigChanges } from "./config-store.ts";
import type { Secret } from "./secret.ts";
import type { YamlEdit } from "./yaml-edit.ts";

/** A client's changes as edits of its file, in the order in which a new file has them. */
export function clientEdits(changes: ClientConfigChanges, baseDirectory: string): readonly YamlEdit[] {
  const { refreshToken, drivers = {}, shell = {}, leases = {} } = changes;
  return [
    ...head("ClientConfig"),
    ...identity(changes, baseDirectory),
    ...edit(["refresh_token"], plain(refreshToken)),
    ...edit(["grpcOptions"], changes.grpcOptions),
    ...edit(["drivers", "allow"], drivers.allow),
    ...edit(["drivers", "unsafe"], drivers.unsafe),
    ...edit(["shell", "use_profiles"], shell.useProfiles),
    ...edit(["leases", "acquisition_timeout"], leases.acquisitionTimeoutS),
    ...edit(["leases", "retry_timeout"], leases.retryTimeoutS),
  ];
}

export function exporterEdits(changes: ExporterConfigChanges, baseDirectory: string): readonly YamlEdit[] {
  return [
    ...head("ExporterConfig"),
    ...identity(changes, baseDirectory),
    ...edit(["grpcOptions"], changes.grpcOptions),
    ...edit(["description"], changes.description),
    ...edit(["export"], changes.export),
  ];
}

/** The older kinds become today's: 0.9 reads no other. */
function head(kind: string): readonly YamlEdit[] {
  return [
    [["apiVersion"], "jumpstarter.dev/v1alpha1"],
    [["kind"], kind],
  ];
}

type Identity = Pick<ClientConfigChanges, "metadata" | "endpoint" | "token" | "tls">;

function identity({ metadata, endpoint, token, tls = {} }: Identity, baseDirectory: string): readonly YamlEdit[] {
  return [
    // Null is written here: 0.9 wants the key, whatever its value.
    ...(metadata === undefined ? [] : [named("namespace", metadata.namespace), named("name", metadata.name)]),
    ...edit(["endpoint"], endpoint),
    ...edit(["token"], plain(token)),
    ...edit(["tls", "ca"], tls.ca === undefined || tls.ca === null ? tls.ca : encodedCa(tls.ca, baseDirectory)),
    ...edit(["tls", "insecure"], tls.insecure),
  ];
}

function named(key: string, value: string | null): YamlEdit {
  return [["metadata", key], value];
}

/** What is left out is no edit; `null` removes. */
function edit(path: readonly string[], value: unknown): readonly YamlEdit[] {
  if (value === undefined) return [];
  return [[path, value === null ? undefined : value]];
}

function plain(secret: Secret | string | null | undefined): string | null | undefined {
  return typeof secret === "object" && secret !== null ? secret.reveal() : secret;
}

function encodedCa(text: string, baseDirectory: string): string {
  const pem = readCertificate(text, baseDirectory);
  if (pem === undefined) return "";
  if (pem !== null) return Buffer.from(pem).toString("base64");
  throw new JumpstarterError(
    "the certificate authority is neither base64 of PEM, nor PEM, nor the path of a PEM file that can be read",
    { code: "invalid-argument", reason: "CERTIFICATE_INVALID" },
  );
}
