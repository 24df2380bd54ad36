/** What kept a program from starting, of the error that `startProcess` has thrown. */
export function startFailure(cause: unknown): "missing" | "arguments-too-long" | "other" {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return "missing";
  return code === "E2BIG" ? "arguments-too-long" : "other";
}
