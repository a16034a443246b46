import { type CidParts, cidText, createCidParts, parseCid } from './cid-bytes.ts'
import { codecBit, DAG_PB, LEAF_BITS, LINKING_CODECS } from './codecs.ts'
import { malformedBlock, tooManyLinked, unexpectedBlock } from './dag-failures.ts'
import { DigestTable } from './digest-table.ts'
import { createFingerprint } from './fingerprint.ts'
import { IDENTITY } from './hash-functions.ts'
import { LinkList } from './links/link-list.ts'
import { scanLinks } from './links/scan-links.ts'
import { supportedCodecBit } from './supported-cid.ts'
import { WantStack } from './want-stack.ts'

const LINKED_MASK = 0xff
const DONE_SHIFT = 8
const UNLINKED = -1

/**
 * What of a DAG is linked and what of it has arrived, by (multihash, codec). An entry of the table holds one
 * multihash: its low flags say under which codecs it is linked, its high flags under which of them it is
 * done. A codec without links is done by the bytes alone, whichever codec they arrived under. A codec with
 * links is done once the block was decoded under it.
 */
export class DagProgress {
  /** (multihash, codec) pairs that are linked and not done. */
  pendingCount = 0
  /** (multihash, codec) pairs that have arrived and are not linked; 0 unless blocks may come in any order. */
  unlinkedCount = 0
  /**
   * Bytes of the data in what is there, without the dag-pb around it. Each multihash counts once, under the codec under
   * which it came first; the data of an identity CID where it is linked, unless what links to it counts whole.
   */
  rawBytes = 0
  readonly #table = new DigestTable()
  readonly #fingerprint = createFingerprint()
  readonly #links = new LinkList()
  readonly #link = createCidParts()
  readonly #wants = new WantStack((cid, slot) => this.#isPending(cid, slot))
  readonly #maxBlocks: number
  readonly #anyOrder: boolean

  /** `maxBlocks` also bounds the linked multihashes, and with them the memory. */
  constructor(maxBlocks: number, anyOrder = false) {
    this.#maxBlocks = maxBlocks
    this.#anyOrder = anyOrder
  }

  /**
   * The slot of a block that the DAG links to under this codec. Any other is -1 when blocks may come in any order,
   * else it throws `unexpected-block`. Holds until `arrive`.
   */
  slotOf(cid: CidParts): number {
    const expected = this.#wants.slotOnTop(cid, this.#table.generation)
    const slot = expected >= 0 ? expected : this.#table.find(this.#fingerprint(cid))
    const bit = codecBit(cid.codec)
    if (slot < 0 || (this.#table.flags(slot) & bit) === 0) {
      if (this.#anyOrder) {
        supportedCodecBit(cid)
        return UNLINKED
      }
      throw unexpectedBlock(cid)
    }
    return slot
  }

  /** Whether `arrive` needs the bytes of the block: it is pending, or unlinked, under a codec with links. */
  needsBytes(cid: CidParts, slot: number): boolean {
    const bits = slot === UNLINKED ? codecBit(cid.codec) : this.#pendingBits(slot)
    return (bits & ~LEAF_BITS) !== 0
  }

  /**
   * Notes a block of `blockBytes` bytes that match its CID, and links to everything it links to. `block` is only read
   * when `needsBytes` says so.
   */
  arrive(cid: CidParts, slot: number, block: Uint8Array, blockBytes: number): void {
    if (slot === UNLINKED) return this.#arriveUnlinked(cid, block, blockBytes)
    const pending = this.#pendingBits(slot)
    if (pending === 0) return
    const flags = this.#table.flags(slot)
    const linked = flags & LINKED_MASK
    const isFirst = flags >>> DONE_SHIFT === 0
    if (isFirst && (codecBit(cid.codec) & LEAF_BITS) !== 0) this.rawBytes += blockBytes
    this.#table.setFlags(slot, linked | (linked << DONE_SHIFT))
    for (let bits = pending; bits !== 0; bits &= bits - 1) this.pendingCount--
    this.#wants.settle(cid, slot, this.#table.generation)
    if ((pending & ~LEAF_BITS) === 0) return
    for (const [codec, bit] of LINKING_CODECS) {
      if (pending & bit) this.#walk(cid, codec, block, isFirst && codec === cid.codec)
    }
  }

  /** The done bits of the codecs without links under which this is pending: its bytes are there. */
  #settleLeaves(slot: number): number {
    const leaves = this.#pendingBits(slot) & LEAF_BITS
    for (let bits = leaves; bits !== 0; bits &= bits - 1) this.pendingCount--
    return leaves << DONE_SHIFT
  }

  /** Notes a block that nothing links to so far. It counts for no other codec with links than its own. */
  #arriveUnlinked(cid: CidParts, block: Uint8Array, blockBytes: number): void {
    const bit = supportedCodecBit(cid)
    const done = bit << DONE_SHIFT
    const key = this.#fingerprint(cid)
    const found = this.#table.find(key)
    const flags = found < 0 ? 0 : this.#table.flags(found)
    if ((flags & done) !== 0) return
    if (found < 0) this.#add(key, done)
    else this.#table.setFlags(found, flags | done | this.#settleLeaves(found))
    this.unlinkedCount++
    const isFirst = flags >>> DONE_SHIFT === 0
    if ((bit & LEAF_BITS) === 0) this.#walk(cid, cid.codec, block, isFirst)
    else if (isFirst) this.rawBytes += blockBytes
  }

  /**
   * Links to a CID: the root, or one found in a block. The block of an identity CID is in the CID, so it is
   * walked at once. Its data `counts` unless the link lies in bytes that are counted as data already.
   */
  link(cid: CidParts, counts = true): void {
    const bit = supportedCodecBit(cid)
    const key = this.#fingerprint(cid)
    const found = this.#table.find(key)
    const flags = found < 0 ? 0 : this.#table.flags(found)
    const isNew = (flags & bit) === 0
    const hasArrived = (flags & (bit << DONE_SHIFT)) !== 0
    const isDone = hasArrived || (isNew && this.#isDoneWhenLinked(cid, bit, flags))
    if (isNew && hasArrived) this.unlinkedCount--
    if (isNew && !isDone) this.pendingCount++
    const updated = flags | bit | (isDone ? bit << DONE_SHIFT : 0)
    const slot = found < 0 ? this.#add(key, updated) : found
    this.#table.setFlags(slot, updated)
    // Each time, not only when it is new: an exporter sends a block at the first place it comes by, and here
    // it comes by before the place where it was linked earlier.
    if (!isDone) this.#wants.push(cid, slot, this.#table.generation)
    if (isNew && !hasArrived && cid.hashCode === IDENTITY) {
      const isCounted = counts && flags >>> DONE_SHIFT === 0
      // Nesting ends by itself: the identity CIDs inside are shorter than the at most 128 bytes that hold
      // them. `cid` may be the object into which the walk parses the links, hence the copy.
      if ((bit & LEAF_BITS) === 0)
        this.#walk({ ...cid }, cid.codec, cid.bytes.subarray(cid.digestStart, cid.end), isCounted)
      else if (isCounted) this.rawBytes += cid.end - cid.digestStart
    }
  }

  /**
   * The block of an identity CID is always there; a codec without links is satisfied by bytes that came under
   * any other.
   */
  #isDoneWhenLinked(cid: CidParts, bit: number, flags: number): boolean {
    return cid.hashCode === IDENTITY || ((bit & LEAF_BITS) !== 0 && flags >>> DONE_SHIFT !== 0)
  }

  /** At most `max` canonical CIDs that are linked and missing, in the order of a depth-first walk. */
  missing(max: number): string[] {
    const names = new Set<string>()
    this.#wants.visit(cid => {
      if (names.size < max) names.add(cidText(cid))
      return names.size < max
    })
    return [...names]
  }

  /**
   * Links to the links of a block, last first, so that the first is on top of the wants. The list is a stack
   * of blocks: an identity link is walked in between. `counts` tells that the data of the block was not counted so far.
   */
  #walk(cid: CidParts, codec: number, block: Uint8Array, counts: boolean): void {
    const links = this.#links
    const first = links.count
    try {
      const dataBytes = scanLinks(codec, block, links)
      if (counts) this.rawBytes += dataBytes
    } catch (cause) {
      throw malformedBlock(cid, codec, cause)
    }
    for (let i = links.count - 1; i >= first; i--) {
      const end = links.end(i)
      if (parseCid(links.bytes, links.start(i), end, this.#link) !== end) throw malformedBlock(cid, codec)
      this.link(this.#link, counts && codec === DAG_PB)
    }
    links.truncate(first)
  }

  #add(key: Int32Array, flags: number): number {
    if (this.#table.size >= this.#maxBlocks) throw tooManyLinked(this.#maxBlocks)
    return this.#table.add(key, flags)
  }

  #pendingBits(slot: number): number {
    const flags = this.#table.flags(slot)
    return flags & LINKED_MASK & ~(flags >>> DONE_SHIFT)
  }

  #isPending(cid: CidParts, known: number): boolean {
    const slot = known >= 0 ? known : this.#table.find(this.#fingerprint(cid))
    return slot >= 0 && (this.#pendingBits(slot) & codecBit(cid.codec)) !== 0
  }
}
