import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { createConfigStore } from "./config-store.ts";

const alice = { metadata: { name: "alice", namespace: "lab" }, endpoint: "lab.example:443", token: "s3cr3t" };

async function openHome(env: Readonly<Record<string, string>> = {}) {
  const directory = await mkdtemp(join(tmpdir(), "store-"));
  const warnings: string[] = [];
  const systemDirectory = join(directory, "etc");
  const store = createConfigStore({
    env: { ...env, XDG_CONFIG_HOME: join(directory, "config") },
    cwd: directory,
    systemDirectory,
    onWarning: (sentence) => warnings.push(sentence),
  });
  return {
    directory,
    store,
    warnings,
    systemDirectory,
    async write(file: string, text: string, mode = 0o600) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { mode });
      await chmod(file, mode);
      return file;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

describe("the files of clients", () => {
  it("are written whole, for their owner only", async () => {
    await using home = await openHome();

    const file = await home.store.clients.save("alice", { ...alice, drivers: { allow: ["a_*"] } });

    expect(file).toBe(join(home.directory, "config/jumpstarter/clients/alice.yaml"));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(dirname(file))).toEqual(["alice.yaml"]);
    expect(await readFile(file, "utf8")).toBe(
      "apiVersion: jumpstarter.dev/v1alpha1\nkind: ClientConfig\nmetadata:\n  namespace: lab\n  name: alice\n" +
        "endpoint: lab.example:443\ntoken: s3cr3t\ndrivers:\n  allow:\n    - a_*\n",
    );
  });

  it("keep their comments and what an edit does not name; the older kind becomes today's", async () => {
    await using home = await openHome();
    const file = await home.write(
      home.store.clients.fileOf("alice"),
      '# mine\nkind: Client # old\nmetadata: {name: alice, namespace: lab}\n\n# from the admin\ntoken: "old" # rotate me\n' +
        "drivers:\n  allow:\n  - a_*\nleases: { retry_timeout: 9 }\n",
      0o644,
    );

    await home.store.clients.save("alice", { token: "new", leases: { retryTimeoutS: 10 } });

    expect(await readFile(file, "utf8")).toBe(
      '# mine\nkind: ClientConfig # old\nmetadata: { name: alice, namespace: lab }\n\n# from the admin\ntoken: "new" # rotate me\n' +
        "drivers:\n  allow:\n  - a_*\nleases: { retry_timeout: 10 }\napiVersion: jumpstarter.dev/v1alpha1\n",
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("lose what is set to null, and the section that is empty then", async () => {
    await using home = await openHome();
    const file = await home.store.clients.save("alice", { ...alice, tls: { ca: "-----BEGIN X", insecure: true } });

    await home.store.clients.save("alice", { token: null, tls: { ca: null } });

    expect(await readFile(file, "utf8")).not.toMatch(/token|ca:/);
    expect(await readFile(file, "utf8")).toContain("tls:\n  insecure: true\n");
  });

  it("stay as they are where the edit would leave no configuration, and where creating one would replace it", async () => {
    await using home = await openHome();
    const file = await home.store.clients.save("alice", alice);
    const before = await readFile(file, "utf8");

    await expect(home.store.clients.save("alice", { leases: { acquisitionTimeoutS: 1 } })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await expect(home.store.clients.save("alice", alice, { create: true })).rejects.toMatchObject({
      message: `${file} exists already: choose another name, or delete it first`,
      reason: "CONFIG_EXISTS",
    });
    await expect(home.store.clients.save("bob", { endpoint: "x:1" })).rejects.toMatchObject({
      reason: "CONFIG_INVALID",
    });

    expect(await readFile(file, "utf8")).toBe(before);
    expect(await readdir(dirname(file))).toEqual(["alice.yaml"]);
  });

  it("that are links to files elsewhere stay links", async () => {
    await using home = await openHome();
    const target = await home.write(join(home.directory, "dotfiles/alice.yaml"), "metadata: { name: a, namespace: }\n");
    const file = home.store.clients.fileOf("alice");
    await mkdir(dirname(file), { recursive: true });
    await symlink(target, file);

    await home.store.clients.save("alice", { endpoint: "lab:1" });

    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(await readFile(target, "utf8")).toContain("endpoint: lab:1");
  });

  it("are listed, those that cannot be read with their problem", async () => {
    await using home = await openHome();
    await home.store.clients.save("alice", alice);
    await home.write(home.store.clients.fileOf("broken"), "metadata: [");

    const [first, second] = await home.store.clients.list();

    expect(first).toMatchObject({ alias: "alice", config: { endpoint: "lab.example:443" } });
    expect(second).toMatchObject({ alias: "broken", problem: { reason: "CONFIG_SYNTAX" } });
  });

  it("that others may read are warned of once, with the command that mends it", async () => {
    await using home = await openHome();
    const file = await home.write(
      home.store.clients.fileOf("alice"),
      "metadata: { name: a, namespace: }\ntoken: x",
      0o644,
    );
    await home.write(home.store.clients.fileOf("public"), "metadata: { name: a, namespace: }", 0o644);

    await home.store.clients.load("alice");
    await home.store.clients.list();

    expect(home.warnings).toEqual([`${file} holds a token, and its mode 0644 lets others read it: chmod 600 ${file}`]);
  });

  it.each(["../alice", "a.b", "", ".", ".hidden"])("have no alias such as %j", async (alias) => {
    await using home = await openHome();

    expect(() => home.store.clients.fileOf(alias)).toThrow(expect.objectContaining({ reason: "ALIAS_INVALID" }));
  });
});

describe("the current client", () => {
  it("is the one that was chosen, until its file is gone", async () => {
    await using home = await openHome();
    const file = await home.store.clients.save("alice", alice);

    await home.store.user.useClient("alice");
    expect(await home.store.user.load()).toMatchObject({ currentClient: "alice" });
    await expect(home.store.user.useClient("alcie")).rejects.toMatchObject({
      message: 'there is no client "alcie": did you mean "alice"?',
      reason: "CLIENT_NOT_FOUND",
    });

    await rm(file);
    expect(await home.store.user.load()).toMatchObject({ currentClient: undefined });
  });

  it("is the next one once it was deleted", async () => {
    await using home = await openHome();
    await home.store.clients.save("alice", alice);
    await home.store.clients.save("bob", alice);
    await home.store.user.useClient("alice");

    expect(await home.store.clients.remove("alice")).toMatchObject({ currentClient: "bob" });
    expect(await home.store.clients.remove("bob")).toMatchObject({ currentClient: undefined });
    expect(await readFile((await home.store.user.load()).file, "utf8")).toContain("current-client: null");
  });

  it("may be written in the older spelling", async () => {
    await using home = await openHome();
    await home.store.clients.save("alice", alice);
    await home.write(join(home.store.directory, "config.yaml"), "config: { current_client: alice }");

    expect(await home.store.user.load()).toMatchObject({ currentClient: "alice" });
  });
});

describe("the client configuration that is used", () => {
  const environment = { JMP_NAMESPACE: "ci", JMP_NAME: "robot", JMP_ENDPOINT: "ci:443", JMP_TOKEN: "t" };

  it("is the option's, else the environment's alone, else the variable's, else the current one", async () => {
    const variables = { JMP_CLIENT: "bob" };
    await using full = await openHome({ ...environment, ...variables });
    for (const name of ["alice", "bob"]) await full.store.clients.save(name, { ...alice, endpoint: `${name}:1` });
    await full.store.user.useClient("alice");
    const open = (env: Readonly<Record<string, string>>) =>
      createConfigStore({ env: { ...env, XDG_CONFIG_HOME: join(full.directory, "config") } });

    const chosen = await full.store.resolveClient({ name: "alice" });
    expect(chosen).toMatchObject({ from: "option", config: { endpoint: "alice:1" } });
    expect(await full.store.resolveClient()).toMatchObject({
      from: "environment",
      config: { file: undefined, metadata: { name: "robot", namespace: "ci" }, endpoint: "ci:443" },
    });
    expect(await open(variables).resolveClient()).toMatchObject({ from: "variable", config: { endpoint: "bob:1" } });
    expect(
      await open({ JMP_CLIENT_CONFIG: full.store.clients.fileOf("bob"), JMP_NAMESPACE: "half" }).resolveClient(),
    ).toMatchObject({ from: "variable", config: { endpoint: "bob:1" } });
    expect(await open({}).resolveClient()).toMatchObject({ from: "current", config: { endpoint: "alice:1" } });
  });

  it("is refused where two are named, and missed where none is", async () => {
    await using home = await openHome();

    await expect(home.store.resolveClient({ name: "a", file: "b.yaml" })).rejects.toMatchObject({
      message: "--client and --client-config both name a client configuration: give one of them",
    });
    await expect(home.store.resolveClient()).rejects.toMatchObject({ reason: "NO_CLIENT_CONFIG", code: "not-found" });
    await expect(home.store.resolveClient({ file: "gone" })).rejects.toMatchObject({
      message: `${join(home.directory, "gone")} does not exist: check the path`,
    });
  });
});

describe("the files of exporters", () => {
  it("are written in the user's directory, and the system's are read after them", async () => {
    await using home = await openHome();
    await home.write(join(home.systemDirectory, "rack.yaml"), "export: {}\ndescription: the rack");
    await home.write(join(home.systemDirectory, "bench.yaml"), "export: {}\ndescription: the system's");

    const file = await home.store.exporters.save("bench", {
      metadata: { name: "b", namespace: null },
      description: "mine",
    });

    expect(await readFile(file, "utf8")).toContain("export: {}");
    expect((await home.store.exporters.list()).map(({ alias, config }) => [alias, config?.description])).toEqual([
      ["bench", "mine"],
      ["rack", "the rack"],
    ]);
    await expect(home.store.exporters.remove("rack")).rejects.toMatchObject({ reason: "EXPORTER_OF_SYSTEM" });
    await home.store.exporters.remove("bench");
    expect(await home.store.exporters.load("bench")).toMatchObject({ description: "the system's" });
  });

  it("take their endpoint and token from the environment where the file has none", async () => {
    await using home = await openHome({ JMP_ENDPOINT: "lab:443", JMP_TOKEN: "from-env" });
    await home.store.exporters.save("bare", { metadata: { name: "b", namespace: "lab" } });
    await home.store.exporters.save("own", { metadata: { name: "b", namespace: "lab" }, token: "from-file" });

    const bare = await home.store.exporters.load("bare");
    expect(bare.endpoint).toBe("lab:443");
    expect(bare.token?.reveal()).toBe("from-env");
    expect((await home.store.exporters.load("own")).token?.reveal()).toBe("from-file");
    expect(home.warnings).toEqual([]);
  });
});
