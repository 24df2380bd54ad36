import { guardDirectory } from "@jumpstarter-ts/process";

const guard = await guardDirectory(process.argv[2] ?? "");
if (process.argv[3] === "release") await guard.release();
process.stdout.write("ready\n");
setInterval(() => undefined, 60_000);
