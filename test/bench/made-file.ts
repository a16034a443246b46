import { createCipheriv, randomBytes } from 'node:crypto'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { addStream } from './add-stream.ts'

export const kibibyte = 1024
export const mebibyte = 1024 ** 2

/** A UnixFS file of a bench, and what a receipt of it has to say. */
export type MadeFile = { cid: string; rawBytes: number; blocks: number }

/** `seed` are 16 bytes: the same ones make the same file. */
type FileOptions = { bytes: number; blockBytes: number; seed?: Buffer }

/** Gives a node a new file, in blocks of one size, all different. It is not pinned there. */
export async function makeFile(
  node: Pick<RunningKubo, 'apiUrl'>,
  { bytes, blockBytes, seed = randomBytes(16) }: FileOptions,
): Promise<MadeFile> {
  const options = `cid-version=1&pin=false&chunker=size-${blockBytes}`
  const cid = await addStream(node, incompressible(bytes, seed), options)
  return { cid, rawBytes: bytes, blocks: blocksOf(bytes, blockBytes) }
}

/** Bytes that do not compress and do not repeat, faster than a random source gives them. */
function* incompressible(bytes: number, seed: Buffer): Generator<Uint8Array> {
  const cipher = createCipheriv('aes-128-ctr', seed, Buffer.alloc(16))
  const zeros = Buffer.alloc(mebibyte)
  for (let left = bytes; left > 0; left -= mebibyte)
    yield cipher.update(zeros.subarray(0, Math.min(left, mebibyte)))
}

/** Links of a node of a file at most: `Import.UnixFSFileMaxLinks` of Kubo. */
const maxLinks = 174

/** Of a balanced tree, as Kubo makes it: the leaves, and the nodes of each level above. */
function blocksOf(bytes: number, blockBytes: number): number {
  let level = Math.ceil(bytes / blockBytes)
  let blocks = level
  while (level > 1) {
    level = Math.ceil(level / maxLinks)
    blocks += level
  }
  return blocks
}
