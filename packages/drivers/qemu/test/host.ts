/** An exporter in a process of its own, for a test that kills it: switches a board on and stays. Its argument is a name. */
import { bootToPrompt, openBoard } from "./u-boot.ts";

const board = await openBoard({ args: ["-name", process.argv[2] ?? ""] });
await bootToPrompt(board.client);
process.stdout.write("booted\n");
setInterval(() => undefined, 60_000);
