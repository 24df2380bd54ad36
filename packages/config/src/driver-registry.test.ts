import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { createDriverRegistry } from "./driver-registry.ts";

/** What a driver package exports, reduced to what the registry looks at. */
const moduleText = `
  export const relay = { contract: { name: "relay" }, client: () => ({}) };
  export const open = { contract: { name: "relay" }, options: {}, open: async () => ({}) };
  export const nonsense = 5;
`;

async function project(files: Readonly<Record<string, unknown>>) {
  const directory = await mkdtemp(join(tmpdir(), "registry-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

const relay = (name: string, jumpstarter: unknown) => ({
  [`node_modules/${name}/package.json`]: {
    name,
    version: "1.2.3",
    type: "module",
    exports: { ".": { types: "./x.d.ts", import: "./index.js" }, "./driver": "./driver.js" },
    jumpstarter,
  },
  [`node_modules/${name}/index.js`]: moduleText,
  [`node_modules/${name}/driver.js`]: moduleText,
});

const field = {
  clients: { "acme.client.Relay": ".#relay" },
  types: {
    ".": "./driver#open",
    mock: "./driver#open",
    "acme.driver.Relay": "./driver#open",
    odd: ".#nonsense",
    gone: "./gone#x",
    typo: ".#opne",
  },
};

describe("a driver registry", () => {
  it.each(["@acme/relay", "@acme/relay#mock", "acme.driver.Relay"])("finds %s in a direct dependency", async (type) => {
    await using place = await project({
      "package.json": { devDependencies: { "@acme/relay": "*" } },
      ...relay("@acme/relay", field),
      "sub/dir/bench.yaml": "",
    });
    const registry = createDriverRegistry({ from: join(place.directory, "sub/dir") });

    const found = await registry.implementation(type);

    expect(found.contract.name).toBe("relay");
    expect(registry.packages()).toMatchObject([{ name: "@acme/relay", version: "1.2.3" }]);
  });

  it("finds packages of the project's own scope without a dependency", async () => {
    await using place = await project(relay("@jumpstarter-ts/driver-relay", field));
    const registry = createDriverRegistry({ from: place.directory });

    expect((await registry.definition("acme.client.Relay"))?.contract.name).toBe("relay");
    expect(await registry.definition("acme.client.Unknown")).toBeUndefined();
  });

  it("takes a driver in development from a file beside the configuration", async () => {
    await using place = await project({ "my-relay.js": moduleText, "package.json": { type: "module" } });

    const found = await createDriverRegistry({ from: place.directory }).implementation("./my-relay.js#open");

    expect(found.contract.name).toBe("relay");
  });

  it("prefers the nearest of two installed versions", async () => {
    const own = { devDependencies: { "@acme/relay": "*" } };
    await using place = await project({
      "package.json": own,
      ...relay("@acme/relay", {}),
      "app/package.json": own,
      ...Object.fromEntries(Object.entries(relay("@acme/relay", field)).map(([name, text]) => [`app/${name}`, text])),
    });

    const registry = createDriverRegistry({ from: join(place.directory, "app") });

    expect(await registry.implementation("@acme/relay")).toBeDefined();
  });

  it.each([
    [
      "jumpstarter_driver_http_power.driver.HttpPower",
      'no installed package has the driver jumpstarter_driver_http_power.driver.HttpPower: install it with "npm install --save-dev @jumpstarter-ts/driver-http-power"',
    ],
    [
      "jumpstarter_driver_pyserial.driver.PySerial",
      'no installed package has the driver jumpstarter_driver_pyserial.driver.PySerial: install it with "npm install --save-dev @jumpstarter-ts/driver-serial"',
    ],
    [
      "@acme/lamp#mock",
      'no installed package has the driver @acme/lamp#mock: install it with "npm install --save-dev @acme/lamp"',
    ],
    [
      "Not A Type",
      'no installed package has the driver Not A Type: write a package such as "@jumpstarter-ts/driver-power#mock", or a file such as "./relay.js#relay"',
    ],
    ["@acme/relay#mokc", '@acme/relay has no driver @acme/relay#mokc; did you mean "@acme/relay#mock"?'],
    ["@acme/relay#odd", "nonsense of @acme/relay is not an implementation: export what implement(…) returns"],
    ["@acme/relay#gone", '@acme/relay names ./gone#x in its "jumpstarter" field but does not export ./gone'],
    ["@acme/relay#typo", '@acme/relay exports no opne; did you mean "open"?'],
    ["./broken.js#x", expect.stringMatching(/^\.\/broken\.js cannot be loaded: /)],
    ["./absent.js#x", expect.stringMatching(/^there is no file \.\/absent\.js in /)],
  ])("says in one sentence what is wrong with %s", async (type, message) => {
    await using place = await project({
      "package.json": { type: "module", dependencies: { "@acme/relay": "*" } },
      ...relay("@acme/relay", field),
      "broken.js": "export const = 5;",
    });

    await expect(createDriverRegistry({ from: place.directory }).implementation(type)).rejects.toMatchObject({
      message,
    });
  });

  it("names both packages that claim one type", async () => {
    await using place = await project({
      "package.json": { dependencies: { "@acme/relay": "*", "@other/relay": "*" } },
      ...relay("@acme/relay", field),
      ...relay("@other/relay", field),
    });
    const registry = createDriverRegistry({ from: place.directory });

    await expect(registry.implementation("acme.driver.Relay")).rejects.toMatchObject({
      message:
        'both @acme/relay and @other/relay claim acme.driver.Relay: remove one of them, or name the package in "type"',
      reason: "DRIVER_AMBIGUOUS",
    });
    expect(await registry.implementation("@other/relay")).toBeDefined();
  });

  it("loads nothing that was not asked for", async () => {
    await using place = await project({
      ...relay("@jumpstarter-ts/driver-a", field),
      ...relay("@jumpstarter-ts/driver-b", { types: { "b.B": "./driver#open" } }),
      "node_modules/@jumpstarter-ts/driver-b/driver.js": "throw new Error('this module must not be loaded')",
    });
    const registry = createDriverRegistry({ from: place.directory });

    expect(await registry.implementation("acme.driver.Relay")).toBeDefined();
    await expect(registry.implementation("b.B")).rejects.toMatchObject({ reason: "DRIVER_BROKEN" });
  });
});
