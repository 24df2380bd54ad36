/** `once.ts CONFIG [--no-call]`: starts an exporter, switches its power on from here, ends it. */
import { enableCompileCache } from "node:module";

// What a command line program of ours does.
enableCompileCache();

const [configFile = "", option] = process.argv.slice(2);
const { spawnExporter } = await import("@jumpstarter-ts/exporter/spawn");
const starting = spawnExporter({ configFile, cwd: process.cwd() });
// While the exporter starts.
const client = option === "--no-call" ? undefined : await loadClient();
await using exporter = await starting;
if (client !== undefined) {
  const { connect, power, createDriverRegistry } = client;
  await using session = await connect({ host: exporter.host, registry: createDriverRegistry({ from: process.cwd() }) });
  await session.device("power").as(power).on();
}

async function loadClient() {
  const [{ connect }, { power }, { createDriverRegistry }] = await Promise.all([
    import("@jumpstarter-ts/client"),
    import("@jumpstarter-ts/driver-power"),
    import("@jumpstarter-ts/config"),
  ]);
  return { connect, power, createDriverRegistry };
}
