import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect, type Session } from "@jumpstarter-ts/client";
import { parseExporterConfig } from "@jumpstarter-ts/config";
import { bytes, createScope, type Scope } from "@jumpstarter-ts/core";
import { power } from "@jumpstarter-ts/driver-power";
import { startExporter } from "@jumpstarter-ts/exporter";
import { openChannel, parseHost } from "@jumpstarter-ts/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { serveFacade, type Facade } from "./facade.ts";

const config = `
kind: ExporterConfig
export:
  power: { type: "@jumpstarter-ts/driver-power#mock" }
  echo: { type: "@jumpstarter-ts/driver-network#echo" }
`;

describe("the session that an attempt reaches", () => {
  let scope: Scope;
  let facade: Facade;
  let session: Session;
  let path: string;
  let host: string;

  beforeEach(async () => {
    scope = createScope("facade");
    const directory = await mkdtemp(join(tmpdir(), "facade-"));
    scope.defer(() => rm(directory, { recursive: true, force: true }));
    path = join(directory, "attempt.sock");
    const exporter = scope.use(
      await startExporter({
        config: parseExporterConfig(config, { file: "board.yaml" }),
        baseDirectory: import.meta.dirname,
      }),
    );
    host = exporter.host;
    const upstream = scope.use(openChannel({ address: parseHost(exporter.host) }));
    facade = await serveFacade({ path, upstream, consoleOf: () => undefined });
    scope.defer(() => facade.end());
    session = scope.use(await connect({ host: path }));
  });
  afterEach(async () => {
    const [failure] = await scope.close();
    if (failure !== undefined) throw failure;
  });

  it("passes calls, answers that come one by one, and byte streams through", async () => {
    const rail = session.device("power").as(power);
    await rail.on();
    const voltages: number[] = [];
    for await (const { voltage } of rail.read()) voltages.push(voltage);
    const stream = await session.device("echo").open("connect");

    stream.write(bytes("hello"));
    const [echo] = await once(stream, "data");
    stream.destroy();

    expect(voltages).toEqual([0, 5]);
    expect(String(echo)).toBe("hello");
  });

  it("passes failures through with the code and the reason that the exporter gave them", async () => {
    const failure = (of: Session): Promise<unknown> =>
      of
        .device("power")
        .call("explode")
        .catch((error: unknown) => error);
    await using direct = await connect({ host });

    const { code, reason, message } = Object(await failure(direct));

    expect(message).toContain("explode");
    expect(await failure(session)).toMatchObject({ code, reason, message });
  });

  it("ends with the attempt: streams are cut, and nothing answers any more", async () => {
    const stream = await session.device("echo").open("connect");
    stream.on("error", () => undefined);
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    stream.once("close", () => resolve());
    stream.resume();

    await facade.end();
    await closed;

    await expect(session.device("power").as(power).on({ timeoutMs: 1_000 })).rejects.toMatchObject({
      name: "JumpstarterError",
    });
    await expect(connect({ host: path })).rejects.toMatchObject({ code: "unavailable" });
  });
});
