import { z } from "zod";

const flags = [
  "stat",
  "stat_with_if_match",
  "stat_with_if_none_match",
  "read",
  "read_with_if_match",
  "read_with_if_none_match",
  "read_with_override_cache_control",
  "read_with_override_content_disposition",
  "read_with_override_content_type",
  "write",
  "write_can_multi",
  "write_can_empty",
  "write_can_append",
  "write_with_content_type",
  "write_with_content_disposition",
  "write_with_cache_control",
  "create_dir",
  "delete",
  "copy",
  "rename",
  "list",
  "list_with_limit",
  "list_with_start_after",
  "list_with_recursive",
  "presign",
  "presign_read",
  "presign_stat",
  "presign_write",
  "shared",
  "blocking",
] as const;

const sizes = ["write_multi_max_size", "write_multi_min_size", "write_total_max_size"] as const;

type Flag = (typeof flags)[number];
type Size = (typeof sizes)[number];

/** What a storage can do, by upstream's 33 keys; Python clients require every one. */
export type Capability = Readonly<Record<Flag, boolean> & Record<Size, number | null>>;

export const capabilitySchema = z.object({
  ...record(flags, z.boolean()),
  ...record(sizes, z.number().nullable()),
});

/** The capability that has these flags and no other. */
export function capabilityWith(
  has: readonly Flag[],
  { totalMaxBytes = null }: { readonly totalMaxBytes?: number | null } = {},
): Capability {
  return {
    ...record(flags, false),
    ...record(has, true),
    ...record(sizes, null),
    write_total_max_size: totalMaxBytes,
  };
}

function record<K extends string, V>(keys: readonly K[], value: V): Record<K, V> {
  // fromEntries forgets the keys, which are exactly these.
  return Object.fromEntries(keys.map((key) => [key, value])) as Record<K, V>;
}
