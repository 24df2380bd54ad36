import { argument, streaming, type AnyContract, type StreamingMethod } from "@jumpstarter-ts/core";
import { z } from "zod";

import { maxShellArguments, shellContract, shellOutputSchema } from "./contract.ts";

/**
 * The contract with methods of the lab under their own names, too: a report takes its help texts from there. Such a
 * method takes the arguments of the command line, and no variables.
 */
export function describedContract(descriptions: Readonly<Record<string, string>>): AnyContract {
  const methods = Object.entries(descriptions).map(([name, help]) => [name, describedMethod(help)] as const);
  return { ...shellContract, methods: { ...Object.fromEntries(methods), ...shellContract.methods } };
}

function describedMethod(help: string): StreamingMethod {
  const words = Array.from({ length: maxShellArguments }, (_unused, index) =>
    argument(`$${index + 1}`, z.string().optional()),
  );
  return streaming({ help, arguments: words, result: shellOutputSchema });
}
