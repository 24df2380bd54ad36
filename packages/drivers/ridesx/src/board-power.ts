import {
  contract,
  defineDriver,
  JumpstarterError,
  messageOf,
  unary,
  type CallOptions,
  type Remote,
} from "@jumpstarter-ts/core";

/** Whatever switches the board. */
export interface BoardPower {
  on(options?: CallOptions): Promise<void>;
  off(options?: CallOptions): Promise<void>;
}

/** What all kinds of power have in common, so that a board may have any of them beside it. */
const boardPowerContract = contract({
  name: "board-power",
  label: "jumpstarter_driver_ridesx.client.RideSXPowerClient",
  otherLabels: [
    "jumpstarter_driver_power.client.PowerClient",
    "jumpstarter_driver_power.client.VirtualPowerClient",
    "jumpstarter_driver_gpiod.client.DigitalOutputClient",
    "jumpstarter_driver_noyito_relay.client.NoyitoPowerClient",
    "jumpstarter_driver_snmp.client.SNMPServerClient",
  ],
  methods: { on: unary(), off: unary() },
});

export const boardPower = defineDriver({
  contract: boardPowerContract,
  client: (remote: Remote<typeof boardPowerContract>): BoardPower => ({
    on: (options = {}) => remote.with(options).call("on"),
    off: (options = {}) => remote.with(options).call("off"),
  }),
});

/** Switches the board off after the work, also when that failed or was cancelled. */
export async function withPowerOff<T>(power: BoardPower | undefined, work: () => Promise<T>): Promise<T> {
  const off = async (): Promise<void> => power?.off({ timeoutMs: offMs });
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await off().catch((cause: unknown) => {
      throw new JumpstarterError(`${messageOf(error)}; and the board could not be switched off: ${messageOf(cause)}`, {
        code: "unavailable",
        reason: "RIDESX_STILL_ON",
        cause: error,
      });
    });
    throw error;
  }
  await off();
  return result;
}

const offMs = 60_000;
