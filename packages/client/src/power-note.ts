/** Calls after which a device may behave differently, so that a failed wait on a console should mention them. */
const noted = new Set(["on", "off", "cycle", "rescue", "reset"]);

/** What to write into the recordings after a call: `power on`. Undefined for a device or a call that switches nothing. */
export function powerNote(label: string, path: string, method: string): string | undefined {
  return noted.has(method) && /power/i.test(label) ? `${path} ${method}` : undefined;
}
