import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const maxBytes = 64 * 1024;

/** Runs a hook with a file for what it wants to tell the client, and hands over what is in there at its end. */
export async function withMotdFile<T>(
  run: (file: string) => Promise<T>,
  onMotd: (text: string) => void,
  runtimeDirectory = process.env["XDG_RUNTIME_DIR"] ?? tmpdir(),
): Promise<T> {
  const directory = await mkdtemp(join(runtimeDirectory, "jumpstarter-"));
  const file = join(directory, "motd");
  try {
    const result = await run(file);
    onMotd(await readStart(file));
    return result;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Nothing where the hook has written nothing. */
async function readStart(file: string): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return "";
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return buffer.toString("utf8", 0, bytesRead).trimEnd();
  } catch {
    // It is a directory, say: nothing to tell.
    return "";
  } finally {
    await handle.close();
  }
}
