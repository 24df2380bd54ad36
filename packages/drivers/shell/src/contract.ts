import { argument, contract, streaming, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

/** The most arguments that a method takes. The wire has no limit, but a contract counts its arguments. */
export const maxShellArguments = 64;

const words = Array.from({ length: maxShellArguments }, (_unused, index) =>
  argument(`$${index + 1}`, z.string().optional()),
);

/** What a method said since the last item, and its exit code in the last one. */
const shellOutputSchema = z.tuple([z.string(), z.string(), z.number().nullish()]);

export const shellContract = contract({
  name: "shell",
  label: "jumpstarter_driver_shell.client.ShellClient",
  methods: {
    get_methods: unary({ help: "List the methods that the lab offers", result: z.array(z.string()) }),
    call_method: streaming({
      help: "Run a method",
      arguments: [
        argument("method", z.string().min(1)),
        argument("env", z.record(z.string(), z.string()).nullish(), { help: "Variables, as the lab allows" }),
        ...words,
      ],
      result: shellOutputSchema,
    }),
  },
});
