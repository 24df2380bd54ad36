import { JumpstarterError, type ByteStream } from "@jumpstarter-ts/core";

import { readerOf, type ByteReader } from "./byte-reader.ts";

export interface Screen {
  readonly name: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** A connection to a VNC server, after the hands are shaken. */
export interface Rfb {
  readonly stream: ByteStream;
  readonly reader: ByteReader;
  readonly screen: Screen;
  /** Names it in errors. */
  readonly what: string;
}

/** Names and reasons of servers, in bytes. */
const maxNameBytes = 65_536;
const maxReasonBytes = 4_096;

/** Shakes hands as RFC 6143, section 7 says, without a password. Other viewers stay. */
export async function shakeHands(stream: ByteStream, what: string): Promise<Rfb> {
  const reader = readerOf(stream, () => refused(what, "the connection ended"));
  const readText = async (limit: number): Promise<string> => {
    const length = (await reader.read(4)).readUInt32BE(0);
    if (length > limit) throw refused(what, `a text of ${length} bytes`);
    return (await reader.read(length)).toString();
  };

  const version = (await reader.read(12)).toString("latin1");
  if (!version.startsWith("RFB 003.")) throw refused(what, `${JSON.stringify(version)} is not RFB`);
  stream.write("RFB 003.008\n");
  const kinds = await reader.read((await reader.read(1))[0] ?? 0);
  if (kinds.length === 0) throw refused(what, await readText(maxReasonBytes));
  if (!kinds.includes(1)) throw refused(what, "it asks for a password");
  stream.write(Buffer.from([1]));
  if ((await reader.read(4)).readUInt32BE(0) !== 0) throw refused(what, await readText(maxReasonBytes));
  // Shared: other viewers stay.
  stream.write(Buffer.from([1]));
  const size = await reader.read(20);
  const screen = { width: size.readUInt16BE(0), height: size.readUInt16BE(2), name: await readText(maxNameBytes) };
  return { stream, reader, screen, what };
}

export function refused(what: string, why: string): JumpstarterError {
  return new JumpstarterError(`${what} showed no screen: ${why}`, {
    code: "failed-precondition",
    reason: "VNC_NO_SCREEN",
  });
}
