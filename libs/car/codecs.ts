const RAW = 0x55
const CBOR = 0x51
export const DAG_PB = 0x70
export const DAG_CBOR = 0x71
export const DAG_JOSE = 0x85
export const DAG_JSON = 0x0129
const JSON_CODEC = 0x0200

const RAW_BIT = 1 << 0
const CBOR_BIT = 1 << 1
const JSON_BIT = 1 << 2
const DAG_PB_BIT = 1 << 3
const DAG_CBOR_BIT = 1 << 4
const DAG_JSON_BIT = 1 << 5
const DAG_JOSE_BIT = 1 << 6

/** Bits of the codecs whose blocks hold no links. */
export const LEAF_BITS = RAW_BIT | CBOR_BIT | JSON_BIT

/** The codecs whose blocks hold links, with the bit of each. */
export const LINKING_CODECS: readonly (readonly [codec: number, bit: number])[] = [
  [DAG_PB, DAG_PB_BIT],
  [DAG_CBOR, DAG_CBOR_BIT],
  [DAG_JSON, DAG_JSON_BIT],
  [DAG_JOSE, DAG_JOSE_BIT],
]

/**
 * One bit per codec whose links can be checked, 0 for every other codec. They are the codecs registered in a stock
 * Kubo, without git-raw.
 */
export function codecBit(codec: number): number {
  switch (codec) {
    case RAW:
      return RAW_BIT
    case DAG_PB:
      return DAG_PB_BIT
    case DAG_CBOR:
      return DAG_CBOR_BIT
    case DAG_JSON:
      return DAG_JSON_BIT
    case DAG_JOSE:
      return DAG_JOSE_BIT
    case CBOR:
      return CBOR_BIT
    case JSON_CODEC:
      return JSON_BIT
    default:
      return 0
  }
}
