import { contract } from "@jumpstarter-ts/core";
import { virtualPower } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";

export const corelliumContract = contract({
  name: "corellium",
  label: "jumpstarter_driver_corellium.client.CorelliumClient",
  children: { power: virtualPower, serial },
});
