import { randomBytes } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'

const RAW = 0x55
const SHA2_256 = 0x12

/** CIDs of raw blocks that nobody has. */
export const randomCids = (count: number): string[] =>
  Array.from({ length: count }, () => CID.createV1(RAW, create(SHA2_256, randomBytes(32))).toString())
