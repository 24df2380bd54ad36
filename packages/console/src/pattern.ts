import type { ConsolePattern } from "@jumpstarter-ts/core";

import { plainText } from "./plain-text.ts";
import { shapeOf } from "./regex-shape.ts";
import { badPattern, checkReserved, parseTemplate, readCaptures } from "./template.ts";

/** A pattern made ready to search with. */
export interface CompiledPattern {
  /** As the author wrote it: `/login: $/`, `"U-Boot {version}"`. */
  readonly label: string;
  /** Global and multi-line; whoever searches sets `lastIndex` first. */
  readonly regex: RegExp;
  /** Set when the pattern is nothing but this text. */
  readonly literal: string | undefined;
  readonly scan: Scan;
  /** Sources of the parts of each alternative, for the nearest match. */
  readonly alternatives: readonly (readonly string[])[];
  /** The captures of a match, by name. */
  readonly read: (match: RegExpExecArray) => object;
}

/**
 * How a pattern has to be searched so that the result depends on what came, and not on how it was cut into chunks:
 *
 * - `fixed`: every match has the same length and nothing looks past its end: it is one as soon as its last character is.
 * - `line`: a match lies within one line, but more text could change it: looked for when the line is whole or pauses.
 * - `span`: a match can cross lines: looked for at the same moments, in a window that reaches back.
 */
export type Scan =
  { readonly kind: "fixed"; readonly length: number } | { readonly kind: "line" } | { readonly kind: "span" };

const utf8 = new TextEncoder();

/** Throws `invalid-argument` (`CONSOLE_BAD_PATTERN`) for a pattern that is empty or does not parse. */
export function compilePattern(pattern: ConsolePattern): CompiledPattern {
  return typeof pattern === "string" ? compileText(pattern) : compileRegex(pattern);
}

function compileText(pattern: string): CompiledPattern {
  const label = JSON.stringify(pattern);
  // The recording holds text without control sequences and with plain line feeds; so does what is looked for.
  const plain = plainText(utf8.encode(pattern));
  if (plain === "") throw badPattern(label, "is empty: write what the device should say");
  const { source, terms, captures } = parseTemplate(plain);
  const isLiteral = captures.length === 0;
  return {
    label,
    regex: new RegExp(source, "gm"),
    literal: isLiteral ? plain : undefined,
    scan: isLiteral ? { kind: "fixed", length: plain.length } : { kind: plain.includes("\n") ? "span" : "line" },
    alternatives: [terms],
    read: (match) => readCaptures(captures, match.slice(1)),
  };
}

function compileRegex(pattern: RegExp): CompiledPattern {
  const label = String(pattern);
  if (pattern.source === "(?:)") throw badPattern(label, "is empty: write what the device should say");
  // Console text has no carriage return before a line feed, so "\r\n" and "\r?\n" mean "\n".
  const source = pattern.source.replaceAll(/\\r[?*+]?(?=\\n)|(\\[^])/g, "$1");
  const flags = `gm${pattern.flags.replaceAll(/[gmyd]/g, "")}`;
  // With an empty alternative it matches anything, and so names all its groups.
  const named = new RegExp(`${source}|`, flags).exec("")?.groups ?? {};
  for (const name of Object.keys(named)) checkReserved(name, label);
  const { fixedLength, spansLines, alternatives } = shapeOf(source, flags);
  const literal =
    alternatives.length === 1 && /^[^\\^$.*+?()[\]{}|]+$/.test(source) && !flags.includes("i") ? source : undefined;
  return {
    label,
    regex: new RegExp(source, flags),
    literal,
    scan: fixedLength === undefined ? { kind: spansLines ? "span" : "line" } : { kind: "fixed", length: fixedLength },
    alternatives,
    read: (match) => ({ ...match.groups }),
  };
}
