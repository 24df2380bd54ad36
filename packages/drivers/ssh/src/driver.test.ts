import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { echoNetwork } from "@jumpstarter-ts/driver-network/echo";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { ssh } from "./client.ts";
import { openSsh } from "./driver.ts";

function openLab(options: Readonly<Record<string, unknown>>, baseDirectory = tmpdir()) {
  return serveDriver(openSsh, { definition: ssh, options, baseDirectory, children: { tcp: echoNetwork } });
}

describe("the ssh of a lab", () => {
  it("says without any options what upstream says", async () => {
    await using lab = await openLab({});

    expect(await lab.client.username()).toBe("");
    expect(await lab.client.command()).toBe(
      "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
    );
    expect(await lab.client.identity()).toBeUndefined();
  });

  it("gives a key away as the configuration has it", async () => {
    await using lab = await openLab({ default_username: "root", ssh_command: "ssh -4", ssh_identity: "a key\n" });

    expect(await lab.client.identity()).toBe("a key\n");
    expect([await lab.client.username(), await lab.client.command()]).toEqual(["root", "ssh -4"]);
  });

  it("reads a key beside the configuration when it is asked for, so that it may be replaced", async () => {
    await using place = await directory();
    await using lab = await openLab({ ssh_identity_file: "key" }, place.path);

    await expect(lab.client.identity()).rejects.toMatchObject({ code: "failed-precondition" });
    await writeFile(join(place.path, "key"), "first");
    await expect(lab.client.identity()).resolves.toBe("first");
    await writeFile(join(place.path, "key"), "second");
    await expect(lab.client.identity()).resolves.toBe("second");
  });

  it("refuses two keys, and shows neither", async () => {
    const opening = openLab({ ssh_identity: "SECRET", ssh_identity_file: "key" });

    await expect(opening).rejects.toThrow("not both");
    await expect(opening).rejects.not.toThrow("SECRET");
  });

  it("needs the connection to the device's server", async () => {
    await expect(serveDriver(openSsh, { definition: ssh })).rejects.toMatchObject({ reason: "CHILD_MISSING" });
  });

  it("hands a connection on", async () => {
    await using lab = await openLab({});
    const stream = await lab.client.open();

    stream.end("hello");

    expect(Buffer.concat(await Array.fromAsync(stream)).toString()).toBe("hello");
  });
});

async function directory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "jumpstarter-ssh-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
