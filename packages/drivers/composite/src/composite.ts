import { contract, defineDriver } from "@jumpstarter-ts/core";

export const compositeContract = contract({
  name: "composite",
  label: "jumpstarter_driver_composite.client.CompositeClient",
  types: ["jumpstarter_driver_composite.driver.Composite"],
});

/** A group of devices. It has no methods of its own: its children are reached by name. */
export const composite = defineDriver({ contract: compositeContract, client: () => ({}) });
