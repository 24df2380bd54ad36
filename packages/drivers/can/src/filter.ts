import type { CanMessage } from "./message.ts";

/** Lets a message through whose id has the bits of `id` wherever `mask` has a one. */
export interface CanFilter {
  readonly id: number;
  readonly mask: number;
  /** Only ids of 29 bits, or only those of 11. Default both. */
  readonly isExtendedId?: boolean;
}

/** True for a message that one of the filters lets through, or if there are none. */
export function passesFilters(message: CanMessage, filters: readonly CanFilter[] | undefined): boolean {
  if (filters === undefined || filters.length === 0) return true;
  return filters.some(({ id, mask, isExtendedId }) => {
    if (isExtendedId !== undefined && isExtendedId !== message.isExtendedId) return false;
    return ((id ^ message.arbitrationId) & mask) === 0;
  });
}

export function filterToWire({ id, mask, isExtendedId }: CanFilter) {
  return { can_id: id, can_mask: mask, ...(isExtendedId === undefined ? {} : { extended: isExtendedId }) };
}
