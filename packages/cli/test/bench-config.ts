import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface BenchDirectory extends Disposable {
  readonly path: string;
  /** An exporter's configuration. */
  readonly config: string;
  file(name: string, text?: string): string;
}

/** A directory of a test's own, with the configuration of an exporter in it. */
export function createBenchDirectory(exportYaml = benchYaml): BenchDirectory {
  const path = mkdtempSync(join(tmpdir(), "jumpstarter-cli-"));
  const file = (name: string, text?: string): string => {
    const full = join(path, name);
    if (text !== undefined) writeFileSync(full, text);
    return full;
  };
  const head =
    "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: { namespace: default, name: bench }\n";
  const yaml = exportYaml.replaceAll("$DIRECTORY", path);
  return {
    path,
    config: file("bench.yaml", `${head}${yaml}`),
    file,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

const benchYaml = `export:
  power: { type: jumpstarter_driver_power.driver.MockPower, description: The rail, methods_description: { on: Light it } }
  serial: { type: jumpstarter_driver_pyserial.driver.PySerial, config: { url: "loop://" } }
  echo: { type: jumpstarter_driver_network.driver.EchoNetwork }
  board: { type: jumpstarter_driver_network.driver.TcpNetwork, config: { host: 127.0.0.1, port: 2222 } }
  flasher: { type: jumpstarter_driver_opendal.driver.MockFlasher }
  card: { type: jumpstarter_driver_opendal.driver.MockStorageMuxFlasher }
  files: { type: jumpstarter_driver_opendal.driver.Opendal, config: { scheme: fs, kwargs: { root: $DIRECTORY } } }
  group:
    children:
      same: { ref: power }
`;
