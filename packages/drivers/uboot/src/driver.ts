import { implement } from "@jumpstarter-ts/core";

import { uboot } from "./client.ts";
import { ubootOptions } from "./options.ts";

/** Tells the prompt and lends its children `power` and `serial`: all else is the client's. */
export const ubootConsole = implement(uboot, ubootOptions, ({ prompt }) => ({ get_prompt: () => prompt }));
