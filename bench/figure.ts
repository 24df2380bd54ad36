/** One measured number, its unit, and the goal it is held to. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** As a person reads it: `≤ 10`, `≥ 3.5`. */
  readonly goal?: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Whether a figure reaches its goal; undefined where it has none. */
export function reaches({ value, goal }: Figure): boolean | undefined {
  const match = /^([≤≥])\s*([\d.]+)/.exec(goal ?? "");
  if (match === null) return undefined;
  return match[1] === "≤" ? value <= Number(match[2]) : value >= Number(match[2]);
}

/** Prints figures as a table; what falls short is printed as short. */
export function printFigures(title: string, figures: readonly Figure[]): void {
  console.log(`\n${title}`);
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const figure of figures) {
    const reached = reaches(figure);
    const verdict = reached === undefined ? "" : `  goal ${figure.goal}${reached ? "" : "  SHORT"}`;
    const value = figure.value.toFixed(figure.value >= 100 ? 0 : 2).padStart(10);
    console.log(`  ${figure.name.padEnd(width)}  ${value} ${figure.unit.padEnd(8)}${verdict}`);
  }
}
