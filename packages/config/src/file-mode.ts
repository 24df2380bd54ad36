import { stat } from "node:fs/promises";

/** What is unwise about the mode of a file with a token in it, with the command that mends it. */
export async function modeWarning(file: string): Promise<string | undefined> {
  const { mode, uid } = await stat(file);
  // A service reads the system's files by its group; one's own are nobody else's business.
  const isOwn = uid === process.getuid?.();
  if ((mode & (isOwn ? 0o077 : 0o007)) === 0) return undefined;
  const seen = (mode & 0o777).toString(8).padStart(4, "0");
  return `${file} holds a token, and its mode ${seen} lets others read it: chmod ${isOwn ? "600" : "640"} ${file}`;
}
