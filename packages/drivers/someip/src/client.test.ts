import { JumpstarterError, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { someIp } from "./client.ts";

/** A stack that answers as Python's driver does, and notes what it was asked. */
async function openStack() {
  const calls: unknown[] = [];
  function answering<T>(method: string, answer: T) {
    return (...args: unknown[]): T => {
      calls.push([method, ...args.slice(0, -1)]);
      return answer;
    };
  }
  const message = {
    service_id: 0x1234,
    method_id: 1,
    client_id: 0x100,
    session_id: 7,
    protocol_version: 1,
    interface_version: 2,
    message_type: 0x80,
    return_code: 0,
    payload: "CAFE",
  };
  const served = await serveDriver(
    serve(someIp, {
      start: answering("start", undefined),
      rpc_call: answering("rpc_call", message),
      send_message: answering("send_message", undefined),
      receive_message: answering("receive_message", { ...message, payload: "" }),
      find_service: answering("find_service", [
        { service_id: 0x1234, instance_id: 1, major_version: 1, minor_version: 4 },
      ]),
      subscribe_eventgroup: answering("subscribe", undefined),
      unsubscribe_eventgroup: answering("unsubscribe", undefined),
      receive_event(timeoutS) {
        calls.push(["receive_event", timeoutS]);
        if (timeoutS < 1) throw new JumpstarterError("no event", { code: "deadline-exceeded", reason: "NO_EVENT" });
        return { service_id: 0x1234, event_id: 0x8001, payload: "01" };
      },
      close_connection: answering("close", undefined),
      reconnect: answering("reconnect", undefined),
    }),
    { definition: someIp },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("a SOME/IP stack", () => {
  it("calls a method and answers its answer", async () => {
    await using stack = await openStack();
    await expect(stack.client.call(0x1234, 1, new Uint8Array([0x01, 0xff]))).resolves.toEqual({
      serviceId: 0x1234,
      methodId: 1,
      clientId: 0x100,
      sessionId: 7,
      protocolVersion: 1,
      interfaceVersion: 2,
      messageType: 0x80,
      returnCode: 0,
      payload: new Uint8Array([0xca, 0xfe]),
    });
    await stack.client.call(0x1234, 2, new Uint8Array(), { waitMs: 250 });
    expect(stack.calls).toEqual([
      ["rpc_call", 0x1234, 1, { data: "01ff" }, 5],
      ["rpc_call", 0x1234, 2, { data: "" }, 0.25],
    ]);
  });

  it("sends and receives messages", async () => {
    await using stack = await openStack();
    await stack.client.send(0x1234, 1, new Uint8Array([1]));
    await expect(stack.client.receive()).resolves.toMatchObject({ payload: new Uint8Array() });
    expect(stack.calls).toEqual([
      ["send_message", 0x1234, 1, { data: "01" }],
      ["receive_message", 2],
    ]);
  });

  it("finds a service, any instance of it unless told otherwise", async () => {
    await using stack = await openStack();
    await expect(stack.client.findService(0x1234)).resolves.toEqual([
      { serviceId: 0x1234, instanceId: 1, majorVersion: 1, minorVersion: 4 },
    ]);
    await stack.client.findService(0x1234, { instanceId: 1, waitMs: 1_000 });
    expect(stack.calls).toEqual([
      ["find_service", 0x1234, 0xffff, 5],
      ["find_service", 0x1234, 1, 1],
    ]);
  });

  it("subscribes to events and receives them, or says that none came", async () => {
    await using stack = await openStack();
    await stack.client.subscribe(1);
    await expect(stack.client.receiveEvent()).resolves.toEqual({
      serviceId: 0x1234,
      eventId: 0x8001,
      payload: new Uint8Array([1]),
    });
    await expect(stack.client.receiveEvent({ waitMs: 10 })).rejects.toMatchObject({ code: "deadline-exceeded" });
    await stack.client.unsubscribe(1);
    expect(stack.calls).toEqual([
      ["subscribe", 1],
      ["receive_event", 5],
      ["receive_event", 0.01],
      ["unsubscribe", 1],
    ]);
  });

  it("starts, stops and starts anew", async () => {
    await using stack = await openStack();
    await stack.client.start();
    await stack.client.closeConnection();
    await stack.client.reconnect();
    expect(stack.calls).toEqual([["start"], ["close"], ["reconnect"]]);
  });

  it("is not asked for a service that cannot be", async () => {
    await using stack = await openStack();
    await expect(stack.client.send(0x1_0000, 1, new Uint8Array())).rejects.toMatchObject({ code: "invalid-argument" });
    expect(stack.calls).toEqual([]);
  });
});
