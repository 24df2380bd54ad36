import { describe, expect, it } from "vitest";

import { readEnvironment } from "./environment.ts";

describe("the environment", () => {
  it("says nothing by default, and an empty variable says nothing either", () => {
    const nothing = readEnvironment({});

    expect(nothing).toMatchObject({
      host: undefined,
      grpcInsecure: false,
      driversAllow: undefined,
      exporterLabels: {},
    });
    expect(readEnvironment({ JUMPSTARTER_HOST: "", JMP_DRIVERS_ALLOW: "" })).toEqual(nothing);
  });

  it("names the host, the lease and what may be imported, in both spellings of insecure", () => {
    const said = readEnvironment({
      JUMPSTARTER_HOST: "/run/j.sock",
      JUMPSTARTER_GRPC_INSECURE: "1",
      JMP_EXPORTER_LABELS: "board=rpi4,site=lab=2",
      JMP_DRIVERS_ALLOW: "jumpstarter_driver_*, UNSAFE",
      NONINTERACTIVE: "true",
    });

    expect(said).toMatchObject({
      host: "/run/j.sock",
      grpcInsecure: true,
      exporterLabels: { board: "rpi4", site: "lab=2" },
      driversAllow: ["jumpstarter_driver_*", "UNSAFE"],
      driversUnsafe: true,
      nonInteractive: true,
    });
  });
});
