import type { Device } from "@jumpstarter-ts/client";
import { defineDriver, type AnyContract, type Remote, type Schema } from "@jumpstarter-ts/core";

/** Checks nothing: the exporter does, and its sentence is the better one. */
export const anything: Schema = {
  "~standard": { version: 1, vendor: "jumpstarter", validate: (value) => ({ value }) },
};

/** A device by a contract, whatever its label. */
export function remoteOf<C extends AnyContract>(device: Device, contract: C): Remote<C> {
  const fitting: C = { ...contract, otherLabels: [...contract.otherLabels, device.label] };
  return device.as(defineDriver({ contract: fitting, client: (remote: Remote<C>) => remote }));
}
