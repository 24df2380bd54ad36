import { describe, expect, it } from "vitest";

import { registryCredentials } from "./credentials.ts";

describe("the credentials of a registry", () => {
  it("come from the environment", () => {
    const environment = { OCI_USERNAME: "robot", OCI_PASSWORD: "secret" };
    expect(registryCredentials(environment)).toEqual({ username: "robot", password: "secret" });
  });

  it.each([{}, { OCI_USERNAME: "robot" }, { OCI_PASSWORD: "secret" }])("are none of %j", (environment) => {
    expect(registryCredentials(environment)).toBeUndefined();
  });
});
