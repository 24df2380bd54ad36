import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs one command of a script with its output shown; ends the script with the command's exit code when it fails. */
export function step(title: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  const started = performance.now();
  console.log(`\n▸ ${title}`);
  const { status, error, signal } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  if (status === 0) {
    console.log(`  done in ${seconds} s`);
    return;
  }
  console.error(
    `✗ ${title}: ${[command, ...args].join(" ")} ${error?.message ?? signal ?? `ended with ${status}`} after ${seconds} s`,
  );
  process.exit(status ?? 1);
}
