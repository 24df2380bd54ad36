import { connect, type Device, type Session } from "@jumpstarter-ts/client";
import {
  JumpstarterError,
  type AnyDefinition,
  type ClientOf,
  type Implementation,
  type ServedDriver,
} from "@jumpstarter-ts/core";
import {
  startExporter,
  type LogRecord,
  type RunningExporter,
  type StartExporterOptions,
} from "@jumpstarter-ts/exporter";

export interface ServeDriverOptions<D extends AnyDefinition> {
  /** The definition whose client the test wants. */
  readonly definition: D;
  /** As under `config:` in an exporter's YAML. Only for an implementation. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What relative paths in the options start from. Default: the working directory. */
  readonly baseDirectory?: string;
  /** The children that the exporter's configuration would list, by name. */
  readonly children?: Readonly<Record<string, ServedChild>>;
  /** Definitions of children and others, beside those that the contract names. */
  readonly definitions?: readonly AnyDefinition[];
  /** The device's name on the exporter. Default: the contract's. */
  readonly name?: string;
  /**
   * Opens and records the consoles before the test begins, as the Vitest plugin does: what a board says at power-on is
   * then never missed. Default false: a console is opened at its first use.
   */
  readonly recordConsoles?: boolean;
  /** Told what the driver and the exporter log. */
  readonly log?: (record: LogRecord) => void;
}

/** A child: open already, or an implementation with its options. */
export type ServedChild =
  | ServedDriver
  | Implementation
  | { readonly implementation: Implementation; readonly options: Readonly<Record<string, unknown>> };

/** A driver behind a real exporter, and a client of it. Disposing closes the client, then the exporter. */
export interface ServedUnderTest<D extends AnyDefinition> extends AsyncDisposable {
  readonly client: ClientOf<D>;
  readonly device: Device;
  readonly session: Session;
  readonly exporter: RunningExporter;
}

/**
 * Serves a driver over a loopback unix socket, with all of gRPC between, and gives its client. Throws what the driver
 * throws when it opens; a clean-up of the driver that fails makes the disposal throw.
 */
export async function serveDriver<D extends AnyDefinition>(
  driver: Implementation | ServedDriver,
  { definition, options = {}, baseDirectory = process.cwd(), children = {}, log, ...more }: ServeDriverOptions<D>,
): Promise<ServedUnderTest<D>> {
  const { name = definition.contract.name, definitions = [], recordConsoles = false } = more;
  const served = new Map<string, ServedChild>([[name, { implementation: implementationOf(driver), options }]]);
  for (const [childName, child] of Object.entries(children)) served.set(`${name}.${childName}`, child);
  const exporter = await startExporter({
    config: configOf(name, Object.keys(children), served, baseDirectory),
    baseDirectory,
    registry: registryOf(served),
    ...(log === undefined ? {} : { log }),
  });
  let closeSession = async (): Promise<void> => undefined;
  try {
    const known = [definition, ...definitions].flatMap(withChildren);
    const session = await connect({
      host: exporter.host,
      registry: { definition: async (label) => known.find((each) => understands(each, label)) },
      allow: ["UNSAFE"],
    });
    closeSession = async () => session[Symbol.asyncDispose]();
    const device = session.device(name);
    if (recordConsoles) await session.recordConsoles();
    return {
      client: device.as(definition),
      device,
      session,
      exporter,
      async [Symbol.asyncDispose]() {
        try {
          await session[Symbol.asyncDispose]();
        } finally {
          await closeExporter(exporter);
        }
      },
    };
  } catch (error) {
    await closeSession();
    await exporter.close();
    throw error;
  }
}

async function closeExporter(exporter: RunningExporter): Promise<void> {
  const [failure] = await exporter.close();
  if (failure !== undefined) throw failure;
}

type Config = StartExporterOptions["config"];
type Entry = Config["export"][string];

/** What the exporter would have read from a file. */
function configOf(
  name: string,
  children: readonly string[],
  served: ReadonlyMap<string, ServedChild>,
  baseDirectory: string,
): Config {
  const entry = (path: string, below: Config["export"]): Entry => ({
    kind: "driver",
    type: path,
    description: undefined,
    methodsDescription: {},
    config: optionsOf(served.get(path)),
    children: below,
  });
  const below = Object.fromEntries(children.map((child) => [child, entry(`${name}.${child}`, {})]));
  return {
    file: "the testkit",
    baseDirectory,
    metadata: { name: "testkit", namespace: "default" },
    endpoint: undefined,
    token: undefined,
    tls: { ca: "", insecure: false },
    grpcOptions: {},
    description: undefined,
    motd: undefined,
    export: { [name]: entry(name, below) },
    hooks: { beforeLease: undefined, afterLease: undefined },
    failureDetection: { maxRapidFailures: 5, rapidFailureWindowS: 60 },
    exitOnLeaseEnd: false,
    placeOf: () => "the testkit",
    placeOfKey: () => "the testkit",
  };
}

/** Finds what the test handed in; the installed packages are not asked. */
function registryOf(served: ReadonlyMap<string, ServedChild>): NonNullable<StartExporterOptions["registry"]> {
  return {
    async implementation(type) {
      const child = served.get(type);
      if (child !== undefined) return "implementation" in child ? child.implementation : implementationOf(child);
      throw new JumpstarterError(`the testkit serves no ${type}`, {
        code: "not-found",
        reason: "DRIVER_NOT_INSTALLED",
      });
    },
    definition: async () => undefined,
    packages: () => [],
  };
}

function optionsOf(child: ServedChild | undefined): Readonly<Record<string, unknown>> {
  return child !== undefined && "implementation" in child ? child.options : {};
}

function implementationOf(driver: Implementation | ServedDriver): Implementation {
  if ("open" in driver) return driver;
  return {
    contract: driver.contract,
    options: { "~standard": { version: 1, vendor: "jumpstarter", validate: (value) => ({ value }) } },
    open: async () => driver,
  };
}

function withChildren(definition: AnyDefinition): readonly AnyDefinition[] {
  return [definition, ...Object.values(definition.contract.children).flatMap(withChildren)];
}

function understands({ contract }: AnyDefinition, label: string): boolean {
  return contract.label === label || contract.otherLabels.includes(label);
}
