import type { AnyContract } from "./contract.ts";
import type { DeviceCommand } from "./device-command.ts";
import type { Remote } from "./remote.ts";

/** One kind of device: what is on the wire, and what a test author holds. It pulls in no native code. */
export interface DriverDefinition<C extends AnyContract, Client> {
  readonly contract: C;
  readonly client: (remote: Remote<C>) => Client;
  /**
   * Puts the device into the state in which it may be left alone (a rail off, a relay open). Called on every path out
   * of a test. Absent for a device that cannot harm.
   */
  readonly safeState?: ((client: Client) => Promise<void>) | undefined;
  /** The byte stream that is this device's console, for a device that has one. */
  readonly console: string | undefined;
  /** The commands that `j` has for the device beside its contract's methods: loaded only where one of them is called. */
  readonly commands?: (() => Promise<readonly DeviceCommand<Client>[]>) | undefined;
}

/** Any definition. Its functions take a type that only the definition itself knows, hence `never`. */
export interface AnyDefinition {
  readonly contract: AnyContract;
  readonly client: (remote: never) => unknown;
  readonly safeState?: ((client: never) => Promise<void>) | undefined;
  readonly console: string | undefined;
  readonly commands?: (() => Promise<readonly DeviceCommand<never>[]>) | undefined;
}

/** What a test author holds for a definition. */
export type ClientOf<D extends AnyDefinition> = D extends { readonly client: (remote: never) => infer Client }
  ? Client
  : never;

export interface DefinitionOptions<C extends AnyContract, Client, Console extends string | undefined> {
  readonly contract: C;
  readonly client: (remote: Remote<C>) => Client;
  readonly safeState?: (client: Client) => Promise<void>;
  readonly console?: Console;
  readonly commands?: () => Promise<readonly DeviceCommand<NoInfer<Client>>[]>;
}

/** Joins a contract and its client to the one definition that a driver package exports for a kind of device. */
export function defineDriver<C extends AnyContract, Client, Console extends string | undefined = undefined>({
  contract,
  client,
  safeState,
  console,
  commands,
}: DefinitionOptions<C, Client, Console>): DriverDefinition<C, Client> & { readonly console: Console } {
  // Without the option Console is undefined, which is what it then is.
  return { contract, client, safeState, console: console as Console, commands };
}
