import { readFile, stat } from "node:fs/promises";

import { isJumpstarterError, JumpstarterError } from "@jumpstarter-ts/core";
import { type Document, isMap, isScalar, LineCounter, parseDocument } from "yaml";

export type YamlPath = readonly PropertyKey[];

/** A YAML file that parsed, with the places of what is in it. */
export interface YamlFile {
  readonly file: string;
  /** Plain values, merge keys and aliases resolved. */
  readonly value: unknown;
  /** `bench.yaml:4:7`: where the value at a path starts; where the path does not exist, its nearest parent. */
  readonly placeOf: (path: YamlPath) => string;
  /** Where the key itself starts. */
  readonly placeOfKey: (path: YamlPath) => string;
}

const limitBytes = 1024 ** 2;

/** Reads a text file, refusing what is not a file or is larger than 1 MiB. */
export async function readYamlText(file: string): Promise<string> {
  try {
    const found = await stat(file);
    if (!found.isFile()) {
      throw new JumpstarterError(`${file} is not a file: name the YAML file itself`, {
        code: "invalid-argument",
        reason: "CONFIG_NOT_A_FILE",
      });
    }
    if (found.size > limitBytes) throw tooLarge(file);
    return await readFile(file, "utf8");
  } catch (cause) {
    if (isJumpstarterError(cause)) throw cause;
    const isAbsent = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new JumpstarterError(
      isAbsent ? `${file} does not exist: check the path` : `${file} cannot be read: check its permissions`,
      { code: isAbsent ? "not-found" : "permission-denied", reason: "CONFIG_UNREADABLE", cause },
    );
  }
}

export function parseYaml(text: string, file: string): YamlFile {
  if (Buffer.byteLength(text) > limitBytes) throw tooLarge(file);
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) throw syntaxError(place(problem.pos[0]), problem.message, problem);
  return {
    file,
    value: toValue(document, file),
    placeOf: (path) => place(offsetOf(document, path)),
    placeOfKey: (path) => place(keyOffsetOf(document, path) ?? offsetOf(document, path)),
  };
}

function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw syntaxError(`${file}:1:1`, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function offsetOf(document: Document, path: YamlPath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (hasRange(node)) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function keyOffsetOf(document: Document, path: YamlPath): number | undefined {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const name = String(path.at(-1));
  const key = parent.items.map((item) => item.key).find((key) => isScalar(key) && String(key.value) === name);
  return hasRange(key) ? key.range[0] : undefined;
}

function hasRange(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}

function syntaxError(place: string, problem: string, cause: unknown): JumpstarterError {
  const sentence = problem.split("\n", 1)[0] ?? problem;
  return new JumpstarterError(`${place}: this is not YAML (${sentence.replace(/[.:]$/, "")}); mend the syntax here`, {
    code: "invalid-argument",
    reason: "CONFIG_SYNTAX",
    cause,
  });
}

function tooLarge(file: string): JumpstarterError {
  return new JumpstarterError(`${file} is larger than the 1 MiB that a configuration may have: is it the right file?`, {
    code: "invalid-argument",
    reason: "CONFIG_TOO_LARGE",
  });
}
