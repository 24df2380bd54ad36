import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { connect } from "@jumpstarter-ts/client";
import { createScope, type Scope } from "@jumpstarter-ts/core";
import { http } from "@jumpstarter-ts/driver-http";
import { tftp } from "@jumpstarter-ts/driver-tftp";
import { spawnExporter } from "@jumpstarter-ts/exporter/spawn";

import { freeTcpPort, freeUdpPort } from "../e2e/clients/free-port.ts";
import { root } from "../scripts/step.ts";
import { type Figure, median } from "./figure.ts";

const MiB = 1024 ** 2;
const isQuick = process.env["JMP_BENCH_QUICK"] === "1";
const totalBytes = (isQuick ? 16 : 64) * MiB;
const rounds = isQuick ? 2 : 5;

/** One file from our TFTP server and from atftpd, from our HTTP server and from nginx; each pair by the same client. */
export async function benchServers(): Promise<Figure[]> {
  await using scope = createScope("servers");
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-bench-"));
  scope.defer(() => rm(directory, { recursive: true, force: true }));
  // atftpd reads as nobody.
  await chmod(directory, 0o755);
  await writeFile(join(directory, "image"), randomBytes(totalBytes));
  const ours = await startOurs(scope, directory);
  const tftpPeer = await startAtftpd(scope, directory);
  const httpPeer = await startNginx(scope, directory);

  const figures: Figure[] = [];
  for (const options of [["blksize 512"], ["blksize 1468"], ["blksize 1468", "windowsize 16"], ["blksize 65464"]]) {
    const read = (port: number) => [...atftp(options), "127.0.0.1", String(port)];
    figures.push(...compare(`TFTP, ${options.join(", ")}`, "atftpd", read(ours.tftpPort), read(tftpPeer)));
  }
  const download = (url: string) => ["curl", "--silent", "--fail", "--output", "/dev/null", `${url}/image`];
  figures.push(...compare("HTTP", "nginx", download(ours.httpUrl), download(httpPeer)));
  return figures;
}

function atftp(options: readonly string[]): readonly string[] {
  const asked = options.flatMap((option) => ["--option", option]);
  return ["atftp", ...asked, "--get", "--remote-file", "image", "--local-file", "/dev/null"];
}

/** Both in turns; each ratio is that of one round. */
function compare(title: string, peer: string, ours: readonly string[], theirs: readonly string[]): Figure[] {
  const speeds = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const mine = megabytesPerSecond(ours);
    const other = megabytesPerSecond(theirs);
    // The first round warms the caches.
    if (round === 0) continue;
    speeds.ours.push(mine);
    speeds.peer.push(other);
  }
  const ratio = median(speeds.ours.map((speed, round) => speed / (speeds.peer[round] ?? Number.NaN)));
  return [
    { name: `${title}: ours`, value: median(speeds.ours), unit: "MB/s" },
    { name: `${title}: ${peer}`, value: median(speeds.peer), unit: "MB/s" },
    { name: `${title}: ours against ${peer}`, value: ratio, unit: "×" },
  ];
}

function megabytesPerSecond([program = "", ...args]: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 120_000 });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stderr}`);
  return totalBytes / 1_000 / (performance.now() - started);
}

async function startOurs(
  scope: Scope,
  directory: string,
): Promise<{ readonly tftpPort: number; readonly httpUrl: string }> {
  const file = join(directory, "exporter.yaml");
  await writeFile(
    file,
    `apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata: { namespace: default, name: bench }
export:
  tftp:
    type: jumpstarter_driver_tftp.driver.Tftp
    config: { root_dir: ${directory}, host: 127.0.0.1, port: 0 }
  http:
    type: jumpstarter_driver_http.driver.HttpServer
    config: { root_dir: ${directory}, host: 127.0.0.1, port: 0 }
`,
  );
  const exporter = scope.use(await spawnExporter({ configFile: file, cwd: root }));
  const session = scope.use(await connect({ host: exporter.host }));
  const { port } = scope.use(await session.device("tftp").as(tftp).serve());
  const { url } = scope.use(await session.device("http").as(http).serve());
  return { tftpPort: port, httpUrl: url };
}

async function startAtftpd(scope: Scope, directory: string): Promise<number> {
  const port = await freeUdpPort();
  const address = ["--port", String(port), "--bind-address", "127.0.0.1"];
  const program = debianProgram("atftpd", "usr/sbin/atftpd");
  start(scope, program, ["--daemon", "--no-fork", "--no-multicast", "--verbose=0", ...address, directory]);
  const until = performance.now() + 10_000;
  while (spawnSync("atftp", [...atftp([]).slice(1), "127.0.0.1", String(port)], { timeout: 5_000 }).status !== 0) {
    if (performance.now() > until) throw new Error("atftpd does not answer");
    await delay(50);
  }
  return port;
}

async function startNginx(scope: Scope, directory: string): Promise<string> {
  const port = await freeTcpPort();
  const prefix = join(directory, "nginx");
  await mkdir(prefix);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${prefix}/${name};`,
  );
  await writeFile(
    join(prefix, "nginx.conf"),
    `daemon off; master_process off; pid ${prefix}/pid; error_log ${prefix}/error.log;
events {}
http { access_log off; sendfile on; tcp_nopush on; ${paths.join(" ")}
  server { listen 127.0.0.1:${port}; root ${directory}; } }
`,
  );
  start(scope, debianProgram("nginx", "usr/sbin/nginx"), ["-p", prefix, "-c", join(prefix, "nginx.conf")]);
  const until = performance.now() + 10_000;
  while (!(await answers(port))) {
    if (performance.now() > until) throw new Error("nginx does not answer");
    await delay(50);
  }
  return `http://127.0.0.1:${port}`;
}

async function answers(port: number): Promise<boolean> {
  const socket = connectSocket(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function start(scope: Scope, program: string, args: readonly string[]): void {
  const child: ChildProcess = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  const exited = once(child, "exit");
  scope.defer(async () => {
    child.kill("SIGKILL");
    await exited;
  });
}

/** A program of a Debian package, unpacked under .cache and not installed: so that no service of it is started. */
function debianProgram(name: string, path: string): string {
  if (existsSync(`/${path}`)) return `/${path}`;
  const directory = join(root, ".cache", "debian", name);
  const program = join(directory, path);
  if (existsSync(program)) return program;
  const script = `mkdir -p "$1" && cd "$1" && apt-get download -qq ${name} 2>/dev/null && dpkg -x ${name}_*.deb .`;
  const { status } = spawnSync("sh", ["-ec", script, "sh", directory], { stdio: "inherit" });
  if (status !== 0 || !existsSync(program)) throw new Error(`${name} could not be had: apt-get install ${name}`);
  return program;
}
