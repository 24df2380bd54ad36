import { z } from "zod";

const modes = {
  "normal-11-bits": 0,
  "normal-29-bits": 1,
  "normal-fixed-29-bits": 2,
  "extended-11-bits": 3,
  "extended-29-bits": 4,
  "mixed-11-bits": 5,
  "mixed-29-bits": 6,
} as const;

export type IsoTpAddressingMode = keyof typeof modes;

/** What a message carries to find its receiver (ISO 15765-2). Which members are needed depends on the mode. */
export interface IsoTpAddress {
  /** Default `normal-11-bits`. */
  readonly addressingMode?: IsoTpAddressingMode;
  readonly txId?: number;
  readonly rxId?: number;
  readonly targetAddress?: number;
  readonly sourceAddress?: number;
  readonly physicalId?: number;
  readonly functionalId?: number;
  readonly addressExtension?: number;
  readonly isRxOnly?: boolean;
  readonly isTxOnly?: boolean;
}

/** Another address for each direction. */
export interface IsoTpAsymmetricAddress {
  readonly tx: IsoTpAddress;
  readonly rx: IsoTpAddress;
}

const id = z.int().nonnegative().nullable();

/** As on the wire, where every member is there. */
const oneWay = z.object({
  addressing_mode: z.int().min(0).max(6),
  txid: id,
  rxid: id,
  target_address: id,
  source_address: id,
  physical_id: id,
  functional_id: id,
  address_extension: id,
  rx_only: z.boolean(),
  tx_only: z.boolean(),
});

export const isoTpAddressSchema = z.union([oneWay, z.object({ tx_addr: oneWay, rx_addr: oneWay })]);

export function addressToWire(address: IsoTpAddress | IsoTpAsymmetricAddress): z.infer<typeof isoTpAddressSchema> {
  if (!("tx" in address)) return oneWayToWire(address);
  return {
    tx_addr: oneWayToWire({ ...address.tx, isTxOnly: true }),
    rx_addr: oneWayToWire({ ...address.rx, isRxOnly: true }),
  };
}

function oneWayToWire(address: IsoTpAddress): z.infer<typeof oneWay> {
  return {
    addressing_mode: modes[address.addressingMode ?? "normal-11-bits"],
    txid: address.txId ?? null,
    rxid: address.rxId ?? null,
    target_address: address.targetAddress ?? null,
    source_address: address.sourceAddress ?? null,
    physical_id: address.physicalId ?? null,
    functional_id: address.functionalId ?? null,
    address_extension: address.addressExtension ?? null,
    rx_only: address.isRxOnly ?? false,
    tx_only: address.isTxOnly ?? false,
  };
}
