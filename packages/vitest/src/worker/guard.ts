import { keepInProcess } from "./state.ts";

/**
 * A worker must not outlive the main process: it would go on driving its device. And a Ctrl+C goes to all processes of
 * the terminal at once; it is the main process that ends the workers, after their tests.
 */
export function endWithMainProcess(): void {
  keepInProcess("guard", () => {
    // process.exit throws inside Vitest's workers.
    process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
    process.on("SIGINT", () => undefined);
    process.on("SIGHUP", () => undefined);
    return true;
  });
}
