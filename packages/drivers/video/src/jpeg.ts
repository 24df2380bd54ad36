import { drawBlock, readBlock } from "./jpeg-blocks.ts";
import { createBitReader, huffmanTable, type HuffmanTable } from "./jpeg-entropy.ts";
import { stretch } from "./jpeg-stretch.ts";
import { mostPixels, unreadable, type Picture } from "./picture.ts";

interface Component {
  readonly id: number;
  /** Samples per unit, across and down. */
  readonly across: number;
  readonly down: number;
  readonly quantization: number;
  /** Blocks in a row of the plane. */
  readonly blocksAcross: number;
  readonly plane: Uint8ClampedArray;
  previous: number;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly mostAcross: number;
  readonly mostDown: number;
  readonly components: readonly Component[];
}

/** Decodes what cameras and screen grabbers give: baseline JPEGs, grey or in colours. */
export function decodeJpeg(bytes: Uint8Array): Picture {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (data.length < 4 || data.readUInt16BE(0) !== 0xff_d8) throw unreadable("JPEG", "it does not begin as one");
  const quantizations: Uint16Array[] = [];
  const tables = new Map<number, HuffmanTable>();
  let frame: Frame | undefined;
  let interval = 0;
  let isRgb = false;

  for (let at = 2; at < data.length;) {
    if (data[at] !== 0xff) throw unreadable("JPEG", "something stands where a marker should");
    const marker = data[at + 1] ?? 0;
    at += marker === 0xff ? 1 : 2;
    if (marker === 0xff || (marker >= 0xd0 && marker <= 0xd7)) continue;
    if (marker === 0xd9) break;
    if (at + 2 > data.length) break;
    const segment = data.subarray(at + 2, at + data.readUInt16BE(at));
    at += data.readUInt16BE(at);
    if (at > data.length) throw unreadable("JPEG", "it ends in the middle");
    if (marker === 0xdb) readQuantizations(segment, quantizations);
    else if (marker === 0xc4) readTables(segment, tables);
    else if (marker === 0xc0 || marker === 0xc1) frame = readFrame(segment);
    else if (marker >= 0xc2 && marker <= 0xcf)
      throw unreadable("JPEG", "it is progressive or of a rare kind: save it as PNG");
    else if (marker === 0xdd) interval = segment.readUInt16BE(0);
    else if (marker === 0xee && segment.toString("latin1", 0, 5) === "Adobe") isRgb = segment[11] === 0;
    else if (marker === 0xda) {
      if (frame === undefined) throw unreadable("JPEG", "its data comes before its size");
      at = readScan(data, at, segment, { frame, quantizations, tables, interval });
    }
  }
  if (frame === undefined) throw unreadable("JPEG", "it has no picture");
  return toPicture(frame, isRgb);
}

function readQuantizations(segment: Buffer, into: Uint16Array[]): void {
  for (let at = 0; at < segment.length;) {
    const kind = segment[at] ?? 0;
    const isWide = kind >> 4 !== 0;
    const size = isWide ? 2 : 1;
    if (at + 1 + 64 * size > segment.length) throw unreadable("JPEG", "a quantization table is cut off");
    into[kind & 15] = Uint16Array.from({ length: 64 }, (_, index) => segment.readUIntBE(at + 1 + index * size, size));
    at += 1 + 64 * size;
  }
}

function readTables(segment: Buffer, into: Map<number, HuffmanTable>): void {
  for (let at = 0; at + 17 <= segment.length;) {
    const counts = segment.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    into.set(segment[at] ?? 0, huffmanTable(counts, segment.subarray(at + 17, at + 17 + total)));
    at += 17 + total;
  }
}

function readFrame(segment: Buffer): Frame {
  const [precision, count] = [segment[0], segment[5] ?? 0];
  if (precision !== 8 || segment.length < 6 + count * 3) throw unreadable("JPEG", "it has not eight bits a colour");
  const [height, width] = [segment.readUInt16BE(1), segment.readUInt16BE(3)];
  if (width === 0 || height === 0 || width * height > mostPixels)
    throw unreadable("JPEG", `it has ${width} × ${height} pixels`);
  if (count !== 1 && count !== 3) throw unreadable("JPEG", `it has ${count} colours`);
  const raw = Array.from({ length: count }, (_, index) => segment.subarray(6 + index * 3, 9 + index * 3));
  const [acrosses, downs] = [raw.map((each) => (each[1] ?? 0) >> 4), raw.map((each) => (each[1] ?? 0) & 15)];
  if ([...acrosses, ...downs].some((factor) => factor < 1 || factor > 4))
    throw unreadable("JPEG", "its colours are sampled oddly");
  const [mostAcross, mostDown] = [Math.max(...acrosses), Math.max(...downs)];
  const [unitsAcross, unitsDown] = [Math.ceil(width / (8 * mostAcross)), Math.ceil(height / (8 * mostDown))];
  const components = raw.map((each, index): Component => {
    const [across, down] = [acrosses[index] ?? 1, downs[index] ?? 1];
    const blocksAcross = unitsAcross * across;
    const plane = new Uint8ClampedArray(blocksAcross * 8 * unitsDown * down * 8);
    return { id: each[0] ?? 0, across, down, quantization: each[2] ?? 0, blocksAcross, plane, previous: 0 };
  });
  return { width, height, mostAcross, mostDown, components };
}

interface ScanContext {
  readonly frame: Frame;
  readonly quantizations: readonly Uint16Array[];
  readonly tables: ReadonlyMap<number, HuffmanTable>;
  readonly interval: number;
}

/** Decodes a scan, and gives where it ends. */
function readScan(
  data: Buffer,
  start: number,
  header: Buffer,
  { frame, quantizations, tables, interval }: ScanContext,
): number {
  const parts = Array.from({ length: header[0] ?? 0 }, (_, index) => {
    const [id, choice = 0] = [header[1 + index * 2], header[2 + index * 2]];
    const component = frame.components.find((each) => each.id === id);
    const quantization = quantizations[component?.quantization ?? 0];
    const [dc, ac] = [tables.get(choice >> 4), tables.get(0x10 | (choice & 15))];
    if (component === undefined || quantization === undefined || dc === undefined || ac === undefined) {
      throw unreadable("JPEG", "it lacks a table that it needs");
    }
    return { component, tables: { dc, ac, quantization } };
  });
  const bits = createBitReader(data, start);
  const block = new Float64Array(64);
  const draw = ({ component, tables: own }: (typeof parts)[number], column: number, row: number): void => {
    component.previous = readBlock(bits, own, component.previous, block);
    const stride = component.blocksAcross * 8;
    drawBlock(block, component.plane, row * 8 * stride + column * 8, stride);
  };

  const { width, height, mostAcross, mostDown } = frame;
  const [only] = parts;
  // A scan of one colour has as many blocks as its picture; one of several goes by units, which may reach beyond it.
  const isAlone = parts.length === 1 && only !== undefined;
  const unitWidth = 8 * (isAlone ? mostAcross / only.component.across : mostAcross);
  const unitHeight = 8 * (isAlone ? mostDown / only.component.down : mostDown);
  const unitsAcross = Math.ceil(width / unitWidth);
  const units = unitsAcross * Math.ceil(height / unitHeight);
  for (let unit = 0; unit < units; unit++) {
    if (unit === 0 || (interval > 0 && unit % interval === 0)) {
      if (unit > 0) bits.restart();
      for (const { component } of parts) component.previous = 0;
    }
    const [column, row] = [unit % unitsAcross, Math.floor(unit / unitsAcross)];
    if (isAlone) draw(only, column, row);
    else {
      for (const part of parts) {
        const { across, down } = part.component;
        for (let index = 0; index < across * down; index++) {
          draw(part, column * across + (index % across), row * down + Math.floor(index / across));
        }
      }
    }
  }
  return bits.end;
}

function toPicture({ width, height, mostAcross, mostDown, components }: Frame, isRgb: boolean): Picture {
  const size = { width, height };
  const [first, second, third] = components.map(({ plane, blocksAcross, across, down }) =>
    stretch({ plane, stride: blocksAcross * 8, across: across / mostAcross, down: down / mostDown }, size),
  );
  const pixels = new Uint8ClampedArray(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const light = first?.[at] ?? 0;
    const blue = second?.[at] ?? 128;
    const red = third?.[at] ?? 128;
    pixels[at * 3] = isRgb ? light : light + 1.402 * (red - 128);
    pixels[at * 3 + 1] = isRgb ? blue : light - 0.344136 * (blue - 128) - 0.714136 * (red - 128);
    pixels[at * 3 + 2] = isRgb ? red : light + 1.772 * (blue - 128);
  }
  return { width, height, data: new Uint8Array(pixels.buffer) };
}
