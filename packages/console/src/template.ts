import { JumpstarterError } from "@jumpstarter-ts/core";

/** A text pattern, taken apart into what must be there word for word and what is captured. */
export interface Template {
  /** Source of a regular expression with one group per capture. */
  readonly source: string;
  /** The sources of its parts in order: characters and captures. */
  readonly terms: readonly string[];
  readonly captures: readonly TemplateCapture[];
}

export interface TemplateCapture {
  readonly name: string;
  readonly kind: CaptureKind;
}

type CaptureKind = keyof typeof captureSources | "text";

const captureSources = {
  int: String.raw`([+-]?\d+)`,
  float: String.raw`([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)`,
  word: String.raw`(\S+)`,
  line: String.raw`(.*)`,
} as const;

/** Names that every match already has. */
const reserved: ReadonlySet<string> = new Set(["text", "line", "start", "end", "at", "groups"]);

/**
 * Reads `U-Boot {version} ({date})`. Only `{identifier}` and `{identifier:kind}` are captures; every other brace stands
 * for itself. `{name}` takes as little as it can up to what follows, at the end of the pattern the rest of the line
 * without its trailing blanks.
 */
export function parseTemplate(pattern: string): Template {
  const terms: string[] = [];
  const captures: TemplateCapture[] = [];
  const placeholder = /\{([A-Za-z_]\w*)(?::([A-Za-z]\w*))?\}/y;
  let index = 0;
  while (index < pattern.length) {
    placeholder.lastIndex = index;
    const found = placeholder.exec(pattern);
    if (found?.[1] === undefined) {
      const character = String.fromCodePoint(pattern.codePointAt(index) ?? 0);
      terms.push(escapeRegex(character));
      index += character.length;
      continue;
    }
    index = placeholder.lastIndex;
    const capture = { name: found[1], kind: kindOf(found[2], pattern) };
    checkName(capture.name, captures, pattern);
    captures.push(capture);
    const untyped = index === pattern.length ? String.raw`(.*\S)` : "(.+?)";
    terms.push(capture.kind === "text" ? untyped : captureSources[capture.kind]);
  }
  return { source: terms.join(""), terms, captures };
}

/** The captured texts as values: numbers for `int` and `float`. */
export function readCaptures(captures: readonly TemplateCapture[], groups: readonly (string | undefined)[]): object {
  return Object.fromEntries(
    captures.map(({ name, kind }, index) => {
      const text = groups[index] ?? "";
      return [name, kind === "int" || kind === "float" ? Number(text) : text];
    }),
  );
}

/** The text as the source of a regular expression that matches just this text. */
export function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`);
}

/** Throws for a pattern that cannot mean anything; says what was meant. */
export function badPattern(pattern: string, problem: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(`the console pattern ${pattern} ${problem}`, {
    code: "invalid-argument",
    reason: "CONSOLE_BAD_PATTERN",
    cause,
  });
}

function kindOf(kind: string | undefined, pattern: string): CaptureKind {
  switch (kind) {
    case undefined:
      return "text";
    case "int":
    case "float":
    case "word":
    case "line":
      return kind;
    default:
      throw badPattern(
        JSON.stringify(pattern),
        `captures the unknown kind "${kind}": write int, float, word or line, or use a RegExp if the braces are part of the text`,
      );
  }
}

function checkName(name: string, captures: readonly TemplateCapture[], pattern: string): void {
  const shown = JSON.stringify(pattern);
  checkReserved(name, shown);
  if (captures.some((other) => other.name === name)) throw badPattern(shown, `names two captures "${name}"`);
}

/** Throws for a capture that would hide what every match has. */
export function checkReserved(name: string, shownPattern: string): void {
  if (reserved.has(name)) throw badPattern(shownPattern, `names a capture "${name}", which every match already has`);
}
