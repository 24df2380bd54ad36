const key = 0x02;
const times = 3;

/** Watches what is typed for three Ctrl-B in a row, which leave a console. The first two go to the device. */
export function createEscape(): (typed: Uint8Array) => { readonly pass: Uint8Array; readonly isOver: boolean } {
  let seen = 0;
  return (typed) => {
    for (const [index, byte] of typed.entries()) {
      seen = byte === key ? seen + 1 : 0;
      if (seen === times) return { pass: typed.subarray(0, index), isOver: true };
    }
    return { pass: typed, isOver: false };
  };
}
