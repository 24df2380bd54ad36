import type { Command } from "../command.ts";
import { tell, paint } from "../io.ts";

/** What only a lab's controller can answer: understood, and said so. */
export const labCommands: readonly Command[] = [
  lab("login", [], "Log in to a lab"),
  lab("get", ["g"], "Show exporters and leases of a lab"),
  lab("create", ["c"], "Make a lease in a lab"),
  lab("update", [], "Change a lease in a lab"),
  lab("delete", ["del", "d"], "End leases in a lab"),
  lab("auth", [], "Tell about, refresh or rotate the token of a lab"),
  lab("admin", ["a"], "Manage the clients and exporters of a lab"),
];

function lab(name: string, aliases: readonly string[], help: string): Command {
  return {
    name,
    aliases,
    help: `${help} (needs a controller)`,
    takesAnything: true,
    parameters: [{ name: "WORDS", isOptional: true, isRest: true }],
    run: async (_, io) => {
      tell(io, `${paint(io, io.stderr, "red", "Error:")} ${needsController(`jmp ${name}`)}`);
      return 1;
    },
  };
}

export function needsController(what: string): string {
  return `${what} needs a lab's controller, which this version cannot reach yet: use an exporter of this machine (--exporter, --exporter-config) or a direct one (--tls-grpc)`;
}
