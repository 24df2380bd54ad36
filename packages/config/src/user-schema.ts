import { z } from "zod";

import { maybe } from "./schema-parts.ts";

const current = maybe(z.string()).describe("The alias of the client configuration that is used where none is named.");

export const userSchema = z
  .strictObject({
    apiVersion: maybe(z.literal("jumpstarter.dev/v1alpha1")).describe("The version of this format."),
    kind: maybe(z.literal("UserConfig")).describe("UserConfig."),
    config: maybe(z.strictObject({ "current-client": current, current_client: current })).describe(
      "The user's choices.",
    ),
  })
  .meta({ title: "UserConfig", description: "What a user of Jumpstarter has chosen." });

export function userKeys([section]: readonly PropertyKey[]): readonly string[] {
  return section === "config" ? ["current-client"] : ["apiVersion", "kind", "config"];
}
