import { AVRUSART, usart0Config, type CPU } from "avr8js";

const { UCSRA, UCSRB, UDR } = usart0Config;
const receiveComplete = 0x80;
const transmitComplete = 0x40;
const dataEmpty = 0x20;
const receiverOn = 0x10;

/** USART0 with a host at the other end of the wire. */
export interface ChipSerial {
  /** Bytes from the host. They arrive one by one at the chip's baud rate. */
  feed(bytes: Uint8Array): void;
  /** How many bytes have left the queue since the last call. */
  takeConsumed(): number;
  /** True while bytes are on their way to the chip. */
  readonly isReceiving: boolean;
}

/**
 * The host's side is kinder than a wire: a byte waits until the firmware has switched its receiver on and has read the
 * byte before, so that nothing is lost in between and a test does not hang on how fast this machine is.
 */
export function attachSerial(cpu: CPU, frequencyHz: number, onByte: (byte: number) => void): ChipSerial {
  const usart = new AVRUSART(cpu, usart0Config, frequencyHz);
  const queue: Uint8Array[] = [];
  let offset = 0;
  let consumed = 0;
  let isShifting = false;
  let unread: number | undefined; // In UDR0.
  let held: number | undefined; // Received, waiting for UDR0 to become free.

  const next = (): number | undefined => {
    const [first] = queue;
    const byte = first?.[offset];
    offset += 1;
    if (first !== undefined && offset >= first.length) {
      queue.shift();
      offset = 0;
    }
    return byte;
  };

  const deliver = (): void => {
    if (held === undefined || unread !== undefined || !usart.rxEnable) return;
    unread = held;
    held = undefined;
    usart.writeByte(unread, true);
    pump();
  };

  const pump = (): void => {
    if (isShifting || held !== undefined || queue.length === 0 || !usart.rxEnable) return;
    isShifting = true;
    // The length of a character is private in the emulator's types, and computed from UBRR0 and UCSR0C.
    cpu.addClockEvent(() => {
      isShifting = false;
      held = next();
      consumed += 1;
      deliver();
    }, usart["cyclesPerChar"]);
  };

  usart.onByteTransmit = (byte) => {
    if (usart.txEnable) onByte(byte);
  };
  usart.onConfigurationChange = () => {
    deliver();
    pump();
  };
  // The flag stays up until UDR0 is written, as long as its interrupt may run; the emulator would drop it at the first.
  usart["UDRE"].constant = true;
  mendFlags(cpu, usart, () => unread);
  const read = cpu.readHooks[UDR];
  cpu.readHooks[UDR] = (address) => {
    const byte = read?.(address) ?? 0;
    unread = undefined;
    deliver();
    pump();
    return byte;
  };

  return {
    feed(bytes) {
      if (bytes.length > 0) queue.push(bytes);
      pump();
    },
    takeConsumed() {
      const count = consumed;
      consumed = 0;
      return count;
    },
    get isReceiving() {
      return isShifting || held !== undefined || queue.length > 0;
    },
  };
}

/** Writing UCSR0A or UCSR0B leaves flags alone that the emulator would clear: a received byte would be lost. */
function mendFlags(cpu: CPU, usart: AVRUSART, unread: () => number | undefined): void {
  const writeA = cpu.writeHooks[UCSRA];
  cpu.writeHooks[UCSRA] = (value, old, address, mask) => {
    writeA?.(value, old, address, mask);
    const kept = (old & (receiveComplete | dataEmpty)) | (old & transmitComplete & ~value);
    cpu.data[UCSRA] = (cpu.data[UCSRA] ?? 0) | kept;
    return true;
  };
  const writeB = cpu.writeHooks[UCSRB];
  cpu.writeHooks[UCSRB] = (value, old, address, mask) => {
    writeB?.(value, old, address, mask);
    const byte = unread();
    if (byte !== undefined && value & receiverOn) usart.writeByte(byte, true);
    return true;
  };
}
