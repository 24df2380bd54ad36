import { JumpstarterError } from "./errors.ts";

/** A length of time with its unit: `"250ms"`, `"30s"`, `"5m"` (minutes), `"2h"`, `"1d"`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d"}`;
/** An electric current with its unit. */
export type Current = `${number}${"uA" | "mA" | "A"}`;
/** A voltage with its unit. */
export type Voltage = `${number}${"uV" | "mV" | "V"}`;
/** A power with its unit. */
export type Power = `${number}${"uW" | "mW" | "W" | "kW"}`;
/** An energy with its unit. */
export type Energy = `${number}${"mJ" | "J" | "kJ" | "Wh"}`;
/** An amount of data with its unit; `k`, `M` and `G` are powers of 1000, `Ki`, `Mi` and `Gi` of 1024. */
export type DataSize = `${number}${"B" | "kB" | "KiB" | "MB" | "MiB" | "GB" | "GiB"}`;

const scales = {
  duration: { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  current: { uA: 1e-6, mA: 1e-3, A: 1 },
  voltage: { uV: 1e-6, mV: 1e-3, V: 1 },
  power: { uW: 1e-6, mW: 1e-3, W: 1, kW: 1e3 },
  energy: { mJ: 1e-3, J: 1, kJ: 1e3, Wh: 3_600 },
  dataSize: { B: 1, kB: 1e3, KiB: 1024, MB: 1e6, MiB: 1024 ** 2, GB: 1e9, GiB: 1024 ** 3 },
} as const;

/** Milliseconds of a duration; a bare number already is milliseconds. Throws `invalid-argument` for anything else. */
export const parseDuration = (value: Duration | number): number => parse("duration", "milliseconds", value);
/** Amperes of a current. */
export const parseCurrent = (value: Current | number): number => parse("current", "amperes", value);
/** Volts of a voltage. */
export const parseVoltage = (value: Voltage | number): number => parse("voltage", "volts", value);
/** Watts of a power. */
export const parsePower = (value: Power | number): number => parse("power", "watts", value);
/** Joules of an energy. */
export const parseEnergy = (value: Energy | number): number => parse("energy", "joules", value);
/** Bytes of an amount of data. */
export const parseDataSize = (value: DataSize | number): number => parse("dataSize", "bytes", value);

/** A duration as a person reads it: `850ms`, `30s`, `2m 5s`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(2))}s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round((ms - minutes * 60_000) / 1_000);
  return seconds === 0 ? `${minutes}m` : `${minutes}m ${seconds}s`;
}

function parse(quantity: keyof typeof scales, base: string, value: string | number): number {
  const scale: Record<string, number> = scales[quantity];
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(String(value));
  const factor = match?.[2] === undefined || !Object.hasOwn(scale, match[2]) ? undefined : scale[match[2]];
  if (match?.[1] !== undefined && factor !== undefined) return Number(match[1]) * factor;
  const units = Object.keys(scale).join(", ");
  throw new JumpstarterError(
    `${JSON.stringify(value)} is not a ${quantity}: write a number with one of the units ${units}, or a number of ${base}`,
    { code: "invalid-argument", reason: "UNIT_UNKNOWN" },
  );
}
