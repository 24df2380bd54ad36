export { findDriverPackages, type DriverPackage } from "./driver-packages.ts";
export { createDriverRegistry, type DriverRegistry, type DriverRegistryOptions } from "./driver-registry.ts";
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
