import { inspect } from "node:util";

/** A token. It shows itself only to who asks by name: not to logs, errors, JSON or `console.log`. */
export interface Secret {
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

const shown = "[secret]";

export function createSecret(text: string): Secret {
  // The text lives in the closure only, so that no inspection of the object reaches it.
  const secret = { reveal: () => text, toString: () => shown, toJSON: () => shown };
  Object.defineProperty(secret, inspect.custom, { value: () => shown });
  return Object.freeze(secret);
}
