export type { Expect, Runner } from "./conformance.ts";
export { consoleConformance, type ConsoleUnderTest } from "./console-conformance.ts";
export { createFarEnd, createPortPair, type FarEnd, type FarEndOptions, type FarEndParts } from "./port-pair.ts";
export { powerConformance, type PowerLike, type PowerUnderTest } from "./power-conformance.ts";
export { serveDriver, type ServedChild, type ServedUnderTest, type ServeDriverOptions } from "./serve-driver.ts";
