/** `once.ts CONFIG [--no-call]`: starts an exporter, switches its power on from here, ends it. */
import { enableCompileCache } from "node:module";

// What a command line program of ours does.
enableCompileCache();

const [configFile = "", option] = process.argv.slice(2);
const [{ spawnExporter }, { connect }, { power }, { createDriverRegistry }] = await Promise.all([
  import("@jumpstarter-ts/exporter/spawn"),
  import("@jumpstarter-ts/client"),
  import("@jumpstarter-ts/driver-power"),
  import("@jumpstarter-ts/config"),
]);

await using exporter = await spawnExporter({ configFile, cwd: process.cwd() });
if (option !== "--no-call") {
  await using session = await connect({ host: exporter.host, registry: createDriverRegistry({ from: process.cwd() }) });
  await session.device("power").as(power).on();
}
