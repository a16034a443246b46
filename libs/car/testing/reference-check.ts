import type { CID } from 'multiformats/cid'
import { hashKey, linksOf } from './random-dag.ts'
import { type TestBlock, testHashes } from './test-blocks.ts'

/**
 * What the scanner has to say about these blocks in this order: the code of the failure, or undefined for a
 * complete DAG. The same rules as the scanner's in their plainest form, with reference decoders, independent
 * hash functions and sets of text.
 */
export function referenceCheck(root: CID, blocks: readonly TestBlock[]): string | undefined {
  const linked = new Map<string, CID>()
  const walked = new Set<string>()
  const seenHashes = new Set<string>()
  const link = (cid: CID) => {
    if (linked.has(key(cid))) return
    linked.set(key(cid), cid)
    if (cid.multihash.code === 0) walk({ cid, bytes: cid.multihash.digest })
  }
  const walk = (block: TestBlock) => {
    if (walked.has(key(block.cid))) return
    walked.add(key(block.cid))
    for (const child of linksOf(block)) link(child)
  }
  link(root)
  for (const { cid, bytes } of blocks) {
    if (!linked.has(key(cid))) return 'unexpected-block'
    if (!matches(cid, bytes)) return 'bad-block'
    seenHashes.add(hashKey(cid))
    const wantedNow = [...linked.values()].filter(want => hashKey(want) === hashKey(cid))
    try {
      for (const want of wantedNow) walk({ cid: want, bytes })
    } catch {
      return 'bad-block'
    }
  }
  const isMissing = (cid: CID) => (cid.code === 0x55 ? !seenHashes.has(hashKey(cid)) : !walked.has(key(cid)))
  return [...linked.values()].some(cid => cid.multihash.code !== 0 && isMissing(cid))
    ? 'dag-incomplete'
    : undefined
}

const key = (cid: CID) => `${cid.code} ${hashKey(cid)}`

function matches(cid: CID, bytes: Uint8Array): boolean {
  const hash = Object.values(testHashes).find(({ code }) => code === cid.multihash.code)
  return hash !== undefined && Buffer.compare(hash.digest(bytes), cid.multihash.digest) === 0
}
