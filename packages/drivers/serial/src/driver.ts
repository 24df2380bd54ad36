import { abortedError, implement, JumpstarterError, type ByteStream, type CallContext } from "@jumpstarter-ts/core";

import { serial } from "./client.ts";
import { closeLink, linesAfterOpening, openLoop, type ModemLines, type SerialLink } from "./link.ts";
import { parseSerialUrl, serialOptions } from "./options.ts";
import { pacedStream } from "./paced-stream.ts";
import { openPort } from "./port.ts";
import { openSocket } from "./socket-link.ts";

interface Connection {
  readonly link: SerialLink;
  lines: ModemLines;
}

/** A port that is opened when someone connects, and held by one connection at a time. */
export const serialPort = implement(serial, serialOptions, async (options, scope) => {
  const { url, baudrate, check_present, cps, disable_hupcl } = options;
  const target = parseSerialUrl(url);
  let connection: Connection | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  /** Opening, closing and setting lines wait for each other: the port can be opened only once. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => {});
    return turn;
  };

  const open = async (context: CallContext): Promise<Connection> => {
    const signal = AbortSignal.any([context.signal, scope.signal]);
    if (signal.aborted) throw abortedError(`opening ${url}`, signal.reason);
    const link = await openTarget(signal);
    if (!signal.aborted) return { link, lines: linesAfterOpening };
    await closeLink(link);
    throw abortedError(`opening ${url}`, signal.reason);
  };

  const openTarget = async (signal: AbortSignal): Promise<SerialLink> => {
    if (target.kind === "loop") return openLoop();
    if (target.kind === "socket") return openSocket({ ...target, signal });
    return openPort({ path: target.path, baudRate: baudrate, disableHupcl: disable_hupcl });
  };

  const close = async (): Promise<void> => {
    if (connection !== undefined) await closeLink(connection.link);
    connection = undefined;
  };

  const setLines = (change: Partial<ModemLines>, context: CallContext): Promise<void> =>
    inTurn(async () => {
      const isOpen = connection !== undefined && !connection.link.stream.destroyed;
      if (!isOpen) await close();
      const used = isOpen && connection !== undefined ? connection : await open(context);
      try {
        const lines = { ...used.lines, ...change };
        // As upstream: who switches a board from a port to a socket need not change the test.
        if (used.link.setLines === undefined) scope.log.warning(`${url} has no DTR and RTS lines: nothing is set`);
        await used.link.setLines?.(lines);
        used.lines = lines;
      } finally {
        if (!isOpen) await closeLink(used.link);
      }
    });

  scope.defer(() => inTurn(close), { what: `close ${url}` });
  if (check_present && target.kind !== "loop") await closeLink((await open({ signal: scope.signal })).link);

  return {
    connect: (context) =>
      inTurn(async () => {
        if (connection !== undefined && !connection.link.stream.destroyed) throw inUse(url);
        await close();
        connection = await open(context);
        const { stream } = connection.link;
        return endWith(context.signal, cps === null || cps === undefined ? stream : pacedStream(stream, cps));
      }),
    close: () => inTurn(close),
    set_dtr: (dtr, context) => setLines({ dtr }, context),
    set_rts: (rts, context) => setLines({ rts }, context),
  };
});

/** Destroys the stream together with the call that opened it. */
function endWith(signal: AbortSignal, stream: ByteStream): ByteStream {
  const stop = (): void => {
    stream.destroy();
  };
  signal.addEventListener("abort", stop, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", stop));
  // Whoever reads is told of an error; without any listener it would end the exporter's process.
  stream.on("error", () => {});
  return stream;
}

function inUse(url: string): JumpstarterError {
  return new JumpstarterError(
    `the serial port ${url} has a connection already: it carries one at a time, so close that one first`,
    { code: "failed-precondition", reason: "SERIAL_IN_USE" },
  );
}
