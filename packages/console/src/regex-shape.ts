/** What can be said about a regular expression without running it. When in doubt it claims less than is true. */
export interface RegexShape {
  /** The length in UTF-16 units that every match has, when that is one length and nothing looks past its end. */
  readonly fixedLength: number | undefined;
  /** Whether a match can contain a line feed. */
  readonly spansLines: boolean;
  /** The top-level alternatives, each as the sources of its terms, to look for the beginning of a pattern. */
  readonly alternatives: readonly (readonly string[])[];
}

interface Extent {
  min: number;
  max: number;
}

const unknownExtent: Extent = { min: 0, max: Infinity };
const nothing: Extent = { min: 0, max: 0 };

/** Reads the source of a regular expression that is known to be valid with these flags. */
export function shapeOf(source: string, flags: string): RegexShape {
  const unicode = /[uv]/.test(flags);
  const sets = flags.includes("v");
  const atomFlags = flags.replace(/[gym]/g, "");
  let index = 0;
  let spansLines = false;
  let looksAround = false;
  const topLevel: string[][] = [];

  function disjunction(isTop: boolean): Extent {
    const extent: Extent = { min: Infinity, max: 0 };
    for (;;) {
      const terms: string[] = [];
      const { min, max } = alternative(terms);
      if (isTop) topLevel.push(terms);
      extent.min = Math.min(extent.min, min);
      extent.max = Math.max(extent.max, max);
      if (source[index] !== "|") return extent;
      index++;
    }
  }

  function alternative(terms: string[]): Extent {
    const sum: Extent = { min: 0, max: 0 };
    while (index < source.length && source[index] !== "|" && source[index] !== ")") {
      const from = index;
      const atom = term();
      const [least, most] = quantifier();
      sum.min += atom.min * least;
      // 0 times infinity is not a number; nothing repeated for ever is nothing.
      sum.max += atom.max === 0 || most === 0 ? 0 : atom.max * most;
      terms.push(source.slice(from, index));
    }
    return sum;
  }

  function term(): Extent {
    const from = index;
    const char = String.fromCodePoint(source.codePointAt(index) ?? 0);
    switch (char) {
      case "^":
        index++;
        return nothing;
      case "$":
        index++;
        looksAround = true;
        return nothing;
      case "(":
        return group();
      case "[":
        skipClass();
        break;
      case "\\":
        return escape();
      default:
        index += unicode ? char.length : 1;
        if (char !== ".") return literal(source.slice(from, index));
    }
    return characterSet(source.slice(from, index));
  }

  function group(): Extent {
    const opening =
      /^\((?:\?(?:<?[=!]|<[^>]*>|[a-z]*(?:-[a-z]*)?:))?/.exec(source.slice(index, index + 200))?.[0] ?? "(";
    index += opening.length;
    // (?s:…) lets a dot match a line feed, which the test of single atoms below does not see.
    if (/^\(\?[a-z]*s/.test(opening)) spansLines = true;
    const inner = disjunction(false);
    index++;
    if (!/^\(\?<?[=!]/.test(opening)) return inner;
    looksAround = true;
    return nothing;
  }

  function escape(): Extent {
    const rest = source.slice(index, index + 100);
    const whole =
      /^\\(?:u\{[0-9a-fA-F]+\}|[pP]\{[^}]*\})/.exec(unicode ? rest : "")?.[0] ??
      /^\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|c[A-Za-z]|k<[^>]*>|[1-9]\d*|[^])/.exec(rest)?.[0] ??
      "\\";
    index += whole.length;
    if (/^\\[bB]$/.test(whole)) {
      looksAround = true;
      return nothing;
    }
    if (/^\\[1-9k]/.test(whole)) {
      spansLines ||= /^\\[1-9]/.test(whole) && !source.includes("(");
      return unknownExtent;
    }
    return /^\\[dDwWsSpP]/.test(whole) ? characterSet(whole) : literal(whole);
  }

  function characterSet(atom: string): Extent {
    spansLines ||= new RegExp(`^(?:${atom})$`, atomFlags).test("\n") || (sets && atom.includes("\\q"));
    if (sets) return unknownExtent;
    return { min: 1, max: unicode ? 2 : 1 };
  }

  function literal(atom: string): Extent {
    spansLines ||= new RegExp(`^(?:${atom})$`, atomFlags).test("\n");
    if (!unicode) return { min: 1, max: 1 };
    if (atom.startsWith("\\u{")) return { min: 1, max: 2 };
    return atom.startsWith("\\") ? { min: 1, max: 1 } : { min: atom.length, max: atom.length };
  }

  function skipClass(): void {
    let depth = 0;
    do {
      const char = source[index];
      if (char === "\\") index++;
      else if (char === "[" && (depth === 0 || sets)) depth++;
      else if (char === "]") depth--;
      index++;
    } while (depth > 0 && index < source.length);
  }

  function quantifier(): [least: number, most: number] {
    const [whole, braces, least, comma, most] =
      /^(?:[*+?]|(\{(\d+)(,?)(\d*)\}))\??/.exec(source.slice(index, index + 40)) ?? [];
    if (whole === undefined) return [1, 1];
    index += whole.length;
    if (braces !== undefined)
      return [Number(least), comma === "" ? Number(least) : most === "" ? Infinity : Number(most)];
    return [whole.startsWith("+") ? 1 : 0, whole.startsWith("?") ? 1 : Infinity];
  }

  const { min, max } = disjunction(true);
  const isWhole = index === source.length;
  return {
    fixedLength: isWhole && min === max && min > 0 && !looksAround ? min : undefined,
    spansLines: spansLines || !isWhole,
    alternatives: isWhole ? topLevel : [],
  };
}
