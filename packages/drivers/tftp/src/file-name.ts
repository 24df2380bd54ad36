/** Longest name in bytes, as upstream's. */
const maxBytes = 255;

/** Upstream's list: what shells, other systems or terminals would take for something else; and what nobody can print. */
const unfit = /[\\:"'<>|?*]|\p{C}/u;

/**
 * The parts of a name below the root; a sentence if the name is refused. Unlike upstream's server, ours takes
 * directories: network boot asks for `pxelinux.cfg/default`.
 */
export function parseFileName(name: string): readonly string[] | string {
  if (name === "") return "the name is empty";
  if (Buffer.byteLength(name) > maxBytes) return `the name is longer than ${maxBytes} bytes`;
  if (name.startsWith("/")) return "the name begins with a slash: names begin below the root";
  if (unfit.test(name)) return "the name has a character that none may have";
  const words = name.split("/");
  if (words.includes("..")) return 'the name has "..", which none may';
  const segments = words.filter((word) => word !== "" && word !== ".");
  return segments.length === 0 || words.at(-1) === "" ? "the name is that of a directory" : segments;
}
