import { contract, defineDriver } from "@jumpstarter-ts/core";
import { virtualPower, virtualPowerContract, type VirtualPowerClient } from "@jumpstarter-ts/driver-power";

export const cuttlefishPowerContract = contract({
  name: "cuttlefish-power",
  label: "jumpstarter_driver_cuttlefish.client.CvdPowerClient",
  methods: virtualPowerContract.methods,
});

/** On starts or makes the virtual device and waits for its boot. Made safe by stopping it; what it holds is kept. */
export const cuttlefishPower = defineDriver({
  contract: cuttlefishPowerContract,
  client: virtualPower.client,
  safeState: (client: VirtualPowerClient) => client.off(),
});
