import {
  contract,
  defineDriver,
  implement,
  JumpstarterError,
  serve,
  unary,
  type Implementation,
} from "@jumpstarter-ts/core";
import { z } from "zod";

const lamp = defineDriver({
  contract: contract({
    name: "lamp",
    label: "acme.client.Lamp",
    methods: {
      on: unary({ help: "Light it" }),
      dim_to: unary({ help: "Dim it" }),
      blink: unary({ isOptional: true, help: "Blink" }),
    },
  }),
  client: () => ({}),
});

const board = defineDriver({
  contract: contract({ name: "board", label: "acme.client.Board", children: { lamp } }),
  client: () => ({}),
});

/** Drivers that write down when they open and close. */
export function drivers(events: string[] = []): Record<string, Implementation> {
  const openLamp = implement(
    lamp,
    z
      .strictObject({ watts: z.number().default(5), socket: z.object({ kind: z.enum(["E14", "E27"]) }).optional() })
      .default({ watts: 5 }),
    (_options, scope) => {
      events.push(`open ${scope.name}`);
      scope.defer(() => events.push(`close ${scope.name}`));
      scope.log.debug("too much to say");
      scope.log.info("ready");
      return { on: () => undefined, dim_to: () => undefined };
    },
  );
  return {
    lamp: openLamp,
    /** Names commands that are none of the contract's. */
    switchboard: implement(lamp, z.strictObject({}), () =>
      serve(
        lamp,
        { on: () => undefined, dim_to: () => undefined },
        { methodsDescription: { led_on: "Light the LED", led_off: "Darken the LED" } },
      ),
    ),
    /** Has options that are secret, and names that are taken. */
    safe: implement(
      lamp,
      z.strictObject({
        password: z.string(),
        owner: z.string().optional(),
        drawers: z
          .record(
            z.string().refine((name) => name !== "door", "every safe has one already"),
            z.number(),
          )
          .optional(),
      }),
      () => ({ on: () => undefined, dim_to: () => undefined }),
    ),
    burnt: implement(lamp, z.strictObject({}), () => {
      throw new JumpstarterError("there is no lamp in the socket", { code: "unavailable", reason: "LAMP_ABSENT" });
    }),
    broken: implement(lamp, z.strictObject({}), () => {
      throw new TypeError("cannot read the datasheet");
    }),
    /** Makes its child by itself. */
    board: implement(board, z.strictObject({}), () =>
      serve(board, {}, { children: { lamp: serve(lamp, { on: () => undefined, dim_to: () => undefined }) } }),
    ),
    /** Takes its child from the configuration. */
    bare: implement(board, z.strictObject({}), (_options, scope) => {
      events.push(`open ${scope.name} with ${Object.keys(scope.children).join()}`);
      return {};
    }),
  };
}
