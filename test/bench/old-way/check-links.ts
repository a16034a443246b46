import { createHash } from 'node:crypto'
import { CarBlockIterator } from '@ipld/car'
import * as dagCbor from '@ipld/dag-cbor'
import * as dagJson from '@ipld/dag-json'
import * as dagPb from '@ipld/dag-pb'
import { createUnsafe } from 'multiformats/block'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create as createDigest } from 'multiformats/hashes/digest'

const CAR_CODEC = 0x0202
const SHA2_256 = 0x12

const codecs = new Map<number, typeof dagPb | typeof dagCbor | typeof dagJson | typeof raw>(
  [dagPb, dagCbor, dagJson, raw].map(codec => [codec.code, codec]),
)

/**
 * The check of the old worker, which is linkdex 2 on the blocks of `@ipld/car`: decodes each block, keeps the CIDs it
 * links to in a Set of its own, and in the end looks whether all of them came as blocks. It looks at no hash, and at no
 * root; the hash of the whole is for the name.
 */
export async function checkLinks(
  car: AsyncIterable<Uint8Array>,
): Promise<{ carCid: string; sizeBytes: number; blocks: number }> {
  const whole = createHash('sha256')
  let sizeBytes = 0
  async function* counted() {
    for await (const chunk of car) {
      whole.update(chunk)
      sizeBytes += chunk.length
      yield chunk
    }
  }
  const linksOf = new Map<string, Set<string>>()
  let blocks = 0
  for await (const { cid, bytes } of await CarBlockIterator.fromIterable(counted())) {
    blocks++
    linksOf.set(cid.toString(), decodeLinks(cid, bytes))
  }
  for (const [cid, links] of linksOf)
    for (const link of links)
      if (!linksOf.has(link)) throw new Error(`${cid} links to ${link}, which is missing`)
  const carCid = CID.createV1(CAR_CODEC, createDigest(SHA2_256, whole.digest())).toString()
  return { carCid, sizeBytes, blocks }
}

function decodeLinks(cid: CID, bytes: Uint8Array): Set<string> {
  const codec = codecs.get(cid.code)
  if (!codec) throw new Error(`there is no decoder for ${cid.toString()}`)
  const block = createUnsafe({ cid, bytes, codec })
  return new Set(Array.from(block.links(), ([, link]) => link.toString()))
}
