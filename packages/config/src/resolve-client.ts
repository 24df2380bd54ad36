import { JumpstarterError } from "@jumpstarter-ts/core";

import { clientConfigFromEnvironment } from "./client-config.ts";
import type { ConfigStore, ResolvedClient } from "./config-store.ts";
import type { Environment } from "./environment.ts";

interface Sources extends Pick<ConfigStore, "clients" | "user"> {
  readonly env: Environment;
}

interface Choice {
  readonly name?: string | undefined;
  readonly file?: string | undefined;
}

/**
 * Upstream's order. `JMP_CLIENT_CONFIG` and `JMP_CLIENT`, which 0.9 no longer reads, come after what it does read, so
 * that an environment that works there means the same here.
 */
export async function resolveClient(option: Choice, { clients, user, env }: Sources): Promise<ResolvedClient> {
  const chosen = choose(option, ["--client", "--client-config"]);
  if (chosen !== undefined) return { config: await clients.load(chosen), from: "option" };
  const config = clientConfigFromEnvironment(env);
  if (config !== undefined) return { config, from: "environment" };
  const variables = { name: nonEmpty(env["JMP_CLIENT"]), file: nonEmpty(env["JMP_CLIENT_CONFIG"]) };
  const named = choose(variables, ["JMP_CLIENT", "JMP_CLIENT_CONFIG"]);
  if (named !== undefined) return { config: await clients.load(named), from: "variable" };
  const { currentClient } = await user.load();
  if (currentClient !== undefined) return { config: await clients.load(currentClient), from: "current" };
  throw new JumpstarterError(
    "there is no client configuration: name one (--client, --client-config), choose one with jmp config client use, " +
      "or set JMP_NAMESPACE, JMP_NAME, JMP_ENDPOINT and JMP_TOKEN",
    { code: "not-found", reason: "NO_CLIENT_CONFIG" },
  );
}

/** What the store's `load` reads: a path always looks like one there. */
function choose({ name, file }: Choice, [byName, byFile]: readonly [string, string]): string | undefined {
  if (name !== undefined && file !== undefined) {
    throw new JumpstarterError(`${byName} and ${byFile} both name a client configuration: give one of them`, {
      code: "invalid-argument",
      reason: "CLIENT_OPTIONS_CONFLICT",
    });
  }
  if (file !== undefined) return /[/\\]/.test(file) ? file : `./${file}`;
  return name;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
