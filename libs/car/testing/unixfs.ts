import { encodeVarint, joinBytes } from './build-car.ts'

/** Values of the field `Type` (specs.ipfs.tech/unixfs, "Data Format"). */
export const unixFsTypes = { raw: 0, directory: 1, file: 2, metadata: 3, symlink: 4, hamtShard: 5 } as const

/** A field of protobuf: its key, and behind it a number or, with the length before them, bytes. */
export function protobufField(field: number, value: number | Uint8Array): Uint8Array {
  return typeof value === 'number'
    ? joinBytes([encodeVarint(field << 3), encodeVarint(value)])
    : joinBytes([encodeVarint((field << 3) | 2), encodeVarint(value.length), value])
}

/** The `Data` of a UnixFS node, as Kubo writes it: type, data, and the size of what it and its children hold. */
export function unixFsData(type: keyof typeof unixFsTypes, data?: Uint8Array, fileSize = 0): Uint8Array {
  return joinBytes([
    protobufField(1, unixFsTypes[type]),
    ...(data ? [protobufField(2, data)] : []),
    protobufField(3, fileSize),
  ])
}
