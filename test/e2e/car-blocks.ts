import { CarReader } from '@ipld/car'
import { hashKey } from '#libs/car/testing/random-dag.ts'
import { testHashes } from '#libs/car/testing/test-blocks.ts'

/** What a CAR holds. `blocks` are by multihash (hex), without those of identity CIDs, which exporters may leave out. */
export type CarBlocks = {
  roots: string[]
  sections: number
  dagBytes: number
  blocks: Map<string, Uint8Array>
}

/**
 * Reads a CAR with the reference reader and hashes every block again, by pure JavaScript: nothing here is shared with
 * the scanner under test. Throws for a block that does not match its CID.
 */
export async function readCarBlocks(car: Uint8Array): Promise<CarBlocks> {
  const reader = await CarReader.fromBytes(car)
  const roots = (await reader.getRoots()).map(root => root.toString())
  const found: CarBlocks = { roots, sections: 0, dagBytes: 0, blocks: new Map() }
  for await (const { cid, bytes } of reader.blocks()) {
    const { code, digest } = cid.multihash
    const hash = Object.values(testHashes).find(known => known.code === code)
    if (!hash) throw new Error(`block ${cid.toString()} has a hash function that the test does not know`)
    if (Buffer.compare(hash.digest(bytes), digest) !== 0)
      throw new Error(`block ${cid.toString()} does not match its hash`)
    found.sections++
    found.dagBytes += bytes.length
    if (code !== testHashes.identity.code) found.blocks.set(hashKey(cid), bytes)
  }
  return found
}
