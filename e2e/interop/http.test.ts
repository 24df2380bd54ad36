import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { pythonSession, runPython } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")(
  "our http driver and Python's client",
  () => {
    it("serve what the client puts there, until it stops the server", async () => {
      const directory = await mkdtemp(join(tmpdir(), "jumpstarter-interop-"));
      await writeFile(join(directory, "image"), Buffer.alloc(300_000, "image"));
      const exporter = await startOurs(`
export:
  http:
    type: jumpstarter_driver_http.driver.HttpServer
    config: { root_dir: ${directory}/www, host: 127.0.0.1, port: 0 }
`);
      try {
        const answer = await pythonSession(
          exporter.host,
          `
import urllib.request, urllib.error
def get(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
            return [response.status, response.read()]
    except urllib.error.HTTPError as error:
        return [error.code, b""]
    except urllib.error.URLError as error:
        return ["refused", b""]
h = client.http
before = h.get_port()
h.start()
url = h.put_file("boot/image", "image")
answer = {
  "before": before,
  "host": h.get_host(),
  "same": h.get_url() == f"http://127.0.0.1:{h.get_port()}" and url == h.get_url() + "/boot/image",
  "whole": get(url)[1] == open("image", "rb").read(),
  "part": [get(url, Range="bytes=5-9")[0], get(url, Range="bytes=5-9")[1].decode()],
  "outside": get(h.get_url() + "/%2e%2e/image")[0],
  "listed": h.storage.exists("boot/image"),
}
h.stop()
answer["after"] = [h.get_port(), get(url)[0]]`,
          directory,
        );

        expect(answer).toEqual({
          before: 0,
          host: "127.0.0.1",
          same: true,
          whole: true,
          part: [206, "image"],
          outside: 403,
          listed: true,
          after: [0, "refused"],
        });
        const { exitCode, stdout } = await runPython("j", ["http", "--help"], { host: exporter.host });
        expect([exitCode, stdout]).toEqual([0, expect.stringContaining("storage")]);
      } finally {
        await exporter.close();
        await rm(directory, { recursive: true });
      }
    });
  },
);
