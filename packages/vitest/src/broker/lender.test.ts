import { JumpstarterError } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import type { HoldRequest, Return } from "../control.ts";
import { createLender, type LendableDevice } from "./lender.ts";

const never = new AbortController().signal;

function request(attempt: string, need: HoldRequest["need"] = { name: "uno" }): HoldRequest {
  return { attempt, test: `test ${attempt}`, need };
}

function device(name: string, childNames: readonly string[] = []): LendableDevice & { readonly events: string[] } {
  const events: string[] = [];
  return {
    name,
    childNames,
    isAnonymous: false,
    events,
    isKeptFor: (family) => events.at(-1)?.startsWith("back") === true && family === "board",
    async lend({ attempt }) {
      events.push(`lent to ${attempt}`);
      return { name, description: name, socket: `${attempt}.sock` };
    },
    async takeBack(attempt, { outcome }: Return) {
      events.push(`back from ${attempt}, ${outcome}`);
      return [];
    },
  };
}

describe("a lender", () => {
  it("lends a device to one attempt after another, in the order in which they came", async () => {
    const uno = device("uno");
    const lender = createLender([uno]);

    await lender.hold(request("a"), never);
    const b = lender.hold(request("b"), never);
    const c = lender.hold(request("c"), never);
    await lender.release("a", { outcome: "passed" });
    await b;
    await lender.release("b", { outcome: "failed" });
    await c;

    expect(uno.events).toEqual(["lent to a", "back from a, passed", "lent to b", "back from b, failed", "lent to c"]);
  });

  it("prefers a device that is in one of the states that the attempt knows", async () => {
    const [one, two] = [device("one"), device("two")];
    const lender = createLender([one, two]);
    const need = { children: [] };
    await lender.hold(request("a", need), never);
    await lender.hold(request("b", need), never);
    await lender.release("b", { outcome: "passed" });
    await lender.release("a", { outcome: "failed" });
    one.events.push("made safe");

    const kept = await lender.hold({ ...request("c", need), family: "board" }, never);

    expect(kept.name).toBe("two");
  });

  it("takes any free device that has the children that are asked for", async () => {
    const lender = createLender([
      device("bare"),
      device("uno", ["power", "console"]),
      device("due", ["power", "console"]),
    ]);
    const need = { children: ["console"] };

    const first = await lender.hold(request("a", need), never);
    const second = await lender.hold(request("b", need), never);

    expect([first.name, second.name]).toEqual(["uno", "due"]);
  });

  it("names the exporters that there are where one is asked for that is not there", async () => {
    const lender = createLender([device("uno", ["power"]), device("due")]);

    await expect(lender.hold(request("a", { name: "pico" }), never)).rejects.toThrow(
      'there is no exporter named "pico"; there is: uno (power), due',
    );
  });

  it("forgets an attempt that has given up waiting", async () => {
    const uno = device("uno");
    const lender = createLender([uno]);
    await lender.hold(request("a"), never);
    const impatient = new AbortController();

    const waiting = lender.hold(request("b"), impatient.signal);
    impatient.abort();

    await expect(waiting).rejects.toThrow("gets no device");
    await lender.release("a", { outcome: "passed" });
    expect(uno.events).toEqual(["lent to a", "back from a, passed"]);
  });

  it("takes a device back that could not be opened, so that the next may try", async () => {
    const uno = device("uno");
    const broken: LendableDevice = {
      ...uno,
      lend: () => Promise.reject(new JumpstarterError("no such port", { code: "unavailable", reason: "TEST" })),
    };
    const lender = createLender([broken]);

    await expect(lender.hold(request("a"), never)).rejects.toThrow("no such port");
    await expect(lender.hold(request("b"), never)).rejects.toThrow("no such port");

    expect(uno.events).toEqual(["back from a, failed", "back from b, failed"]);
  });

  it("takes everything back when it closes, and refuses whoever waits or comes later", async () => {
    const uno = device("uno");
    const lender = createLender([uno]);
    await lender.hold(request("a"), never);
    const waiting = lender.hold(request("b"), never);

    const [refusal] = await Promise.allSettled([waiting, lender.close()]);

    expect(refusal).toMatchObject({ reason: { message: expect.stringContaining("the run is ending") } });
    await expect(lender.hold(request("c"), never)).rejects.toThrow("the run is ending");
    expect(uno.events).toEqual(["lent to a", "back from a, failed"]);
  });
});
