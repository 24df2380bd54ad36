import { describe, expect, it } from "vitest";

import { hello, helloOnTheWire, openBus, uuid } from "../test/open-bus.ts";
import type { CanMessage, WireCanMessage } from "./message.ts";

describe("periodic messages", () => {
  it("are sent by the exporter", async () => {
    await using bus = await openBus();
    const task = await bus.client.sendPeriodic([hello], { periodMs: 50, durationMs: 2_000, isStarted: false });
    await task.start();
    await task.stop();
    await task.stop();
    expect(bus.calls).toEqual([
      ["periodic", [helloOnTheWire], 0.05, 2, false],
      ["start", uuid],
      ["stop", uuid],
    ]);
  });

  it("can be started again, although the exporter forgets what was stopped", async () => {
    await using bus = await openBus();
    await using task = await bus.client.sendPeriodic(hello, { periodMs: 50 });
    await task.stop();
    await task.start();
    const created = ["periodic", [helloOnTheWire], 0.05, undefined, true];
    expect(bus.calls).toEqual([created, ["stop", uuid], created]);
  });

  it("are sent from here, in turn, where each is made from the one before", async () => {
    await using bus = await openBus();
    const count = (message: CanMessage): CanMessage => ({ ...message, arbitrationId: message.arbitrationId + 1 });
    const pair = [hello, { ...hello, arbitrationId: 0x200 }];
    await using _task = await bus.client.sendPeriodic(pair, { periodMs: 2, durationMs: 8, modify: count });
    const ids = (): unknown[] =>
      bus.calls.map((call) => (Array.isArray(call) ? (call[1] as WireCanMessage).arbitration_id : call));
    await expect.poll(ids).toEqual([0x124, 0x201, 0x125, 0x202]);
  });

  it("tell at their end why they broke off", async () => {
    await using bus = await openBus();
    const failing = Promise.withResolvers<void>();
    const task = await bus.client.sendPeriodic(hello, {
      periodMs: 1,
      modify() {
        failing.resolve();
        return { ...hello, arbitrationId: 0x7ff };
      },
    });
    await failing.promise;
    await expect(task.stop()).rejects.toThrow("bus off");
    await expect(task.stop()).resolves.toBeUndefined();
  });
});
