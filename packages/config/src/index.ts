export {
  loadClientConfig,
  parseClientConfig,
  type ClientConfig,
  type ClientConfigChanges,
  type ClientParseOptions,
  type TlsConfig,
} from "./client-config.ts";
export {
  createConfigStore,
  type ConfigEntry,
  type ConfigStore,
  type ConfigStoreOptions,
  type ExporterConfigChanges,
  type ResolvedClient,
  type SaveOptions,
  type UserConfig,
} from "./config-store.ts";
export { findDriverPackages, type DriverPackage } from "./driver-packages.ts";
export { createDriverRegistry, type DriverRegistry, type DriverRegistryOptions } from "./driver-registry.ts";
export { isTrue, readEnvironment, splitGlobs, type JumpstarterEnvironment } from "./environment.ts";
export {
  loadExporterConfig,
  parseExporterConfig,
  type DriverInstance,
  type DriverInstances,
  type ExporterConfig,
  type HookConfig,
  type ParseOptions,
} from "./exporter-config.ts";
export { findExporterFile, listExporterFiles, type ExporterFileOptions } from "./exporter-files.ts";
export { nearestName, suggestName } from "./nearest-name.ts";
export { createSecret, type Secret } from "./secret.ts";
