import { implement } from "@jumpstarter-ts/core";
import { z } from "zod";

import { composite } from "./composite.ts";

/** Groups the children that the exporter's configuration lists under it. */
export const openComposite = implement(composite, z.strictObject({}).default({}), () => ({}));
