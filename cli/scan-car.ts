import { type CarReport, type CarScanner, createCarScanner } from '#libs/car/index.ts'

/** Of a file at hand: whoever has it has room for it. A block is held in memory. */
const limits = {
  maxCarBytes: Number.MAX_SAFE_INTEGER,
  maxBlockBytes: 512 * 1024 ** 2,
  maxBlocks: 1_000_000_000,
}

/** A scanner that takes CARs of any size with their blocks in any order. Throws as `createCarScanner` does. */
export const createAnyCarScanner = (root: string | undefined): CarScanner =>
  createCarScanner({ limits, anyOrder: true, ...(root === undefined ? {} : { root }) })

/** What a CAR is, by the names of the receipt. */
export const reportFields = ({ root, carCid, sizeBytes: bytes, blocks, dagBytes, rawBytes }: CarReport) => ({
  root,
  carCid,
  bytes,
  blocks,
  dagBytes,
  rawBytes,
})
