import { connect } from "@jumpstarter-ts/client";
import { bytes } from "@jumpstarter-ts/core";
import { http } from "@jumpstarter-ts/driver-http";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";

const yaml = `export:
  http:
    type: jumpstarter_driver_http.driver.HttpServer
    config: { root_dir: ./www, host: 127.0.0.1, port: 0 }
`;

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("Python's http driver", () => {
  it("serves the files that we put there, until the block ends", async () => {
    await using exporter = await startPythonExporter(yaml);
    await using session = await connect({ host: exporter.host });
    const client = session.device("http").as(http);
    let url: string;
    {
      await using server = await client.serve();
      url = await client.putFile("boot files/a#b.txt", bytes("hello"));

      expect(url).toBe(`${server.url}/boot%20files/a%23b.txt`);
      expect(await (await fetch(url)).text()).toBe("hello");
      expect(server.url).toBe(`http://127.0.0.1:${await client.port()}`);
      expect(await client.host()).toBe("127.0.0.1");
    }
    await expect(fetch(url)).rejects.toThrow("fetch failed");
    expect(await client.port()).toBe(0);
  });
});
