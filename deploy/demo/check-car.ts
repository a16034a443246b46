import { createReadStream } from 'node:fs'
import { CarBlockIterator } from '@ipld/car/iterator'
import { blake2b } from '@noble/hashes/blake2.js'
import { blake3 } from '@noble/hashes/blake3.js'
import { equals } from 'multiformats/bytes'
import type { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { sha1 } from 'multiformats/hashes/sha1'
import { sha256, sha512 } from 'multiformats/hashes/sha2'
import { DemoError } from './demo-error.ts'

/** Functions by multicodec code. Nothing here is shared with the scanner of the services. */
const digests = new Map<number, (bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array>([
  [0x1e, bytes => blake3(bytes)],
  [0xb220, bytes => blake2b(bytes, { dkLen: 32 })],
])
for (const hasher of [identity, sha1, sha256, sha512])
  digests.set(hasher.code, async bytes => (await hasher.digest(bytes)).digest)

/** What a CAR file holds. `dagBytes` are those of the blocks without framing. */
export type CarContent = { roots: string[]; blocks: number; dagBytes: number }

/** Reads a CAR file with the reference reader and hashes each block again. Throws {@link DemoError} for the first that differs. */
export async function checkCar(file: string, signal: AbortSignal): Promise<CarContent> {
  const reader = await CarBlockIterator.fromIterable(createReadStream(file, { signal }))
  const roots = (await reader.getRoots()).map(root => root.toString())
  let blocks = 0
  let dagBytes = 0
  for await (const { cid, bytes } of reader) {
    await checkBlock(cid, bytes)
    blocks++
    dagBytes += bytes.length
  }
  return { roots, blocks, dagBytes }
}

async function checkBlock(cid: CID, bytes: Uint8Array): Promise<void> {
  const { code, digest: expected } = cid.multihash
  const digest = digests.get(code)
  if (!digest)
    throw new DemoError(`${cid.toString()} has hash function 0x${code.toString(16)}, unknown to the demo`)
  if (!equals(await digest(bytes), expected))
    throw new DemoError(`block ${cid.toString()} does not match its hash`)
}
