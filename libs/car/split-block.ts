import { beginBlockHash, checkBlock, checkDigest } from './block-check.ts'
import { type CidParts, createCidParts, holdCid } from './cid-bytes.ts'
import type { BlockHash } from './hash-functions.ts'
import { MAX_CID_BYTES } from './section-prefix.ts'

/** Below this, joining the pieces and hashing once is faster than an incremental hash. */
const JOIN_BYTES = 16 * 1024

/**
 * A block cut by the end of a chunk. It is hashed piece by piece and kept only when somebody needs its bytes,
 * or when it is small. The join buffer grows to the largest such block and is used again.
 */
export class SplitBlock {
  isOpen = false
  slot = 0
  blockBytes = 0
  readonly cid: CidParts = createCidParts(new Uint8Array(MAX_CID_BYTES))
  #read = 0
  #joined: Uint8Array = new Uint8Array(0)
  #hash: BlockHash | undefined

  begin(cid: CidParts, slot: number, blockBytes: number, needsBytes: boolean): void {
    holdCid(cid, this.cid)
    this.isOpen = true
    this.slot = slot
    this.blockBytes = blockBytes
    this.#read = 0
    this.#hash = needsBytes || blockBytes <= JOIN_BYTES ? undefined : beginBlockHash(cid.hashCode)
    if (!this.#hash && this.#joined.length < blockBytes) this.#joined = new Uint8Array(blockBytes)
  }

  /** Takes what belongs to the block from `offset` on and answers the offset behind it. */
  push(chunk: Uint8Array, offset: number): number {
    const part = chunk.subarray(offset, offset + this.blockBytes - this.#read)
    if (this.#hash) this.#hash.update(part)
    else this.#joined.set(part, this.#read)
    this.#read += part.length
    return offset + part.length
  }

  get isWhole(): boolean {
    return this.#read === this.blockBytes
  }

  /**
   * Ends the block: throws `bad-block` when it does not hash to its CID, and answers its bytes, which are
   * empty when not kept.
   */
  finish(): Uint8Array {
    this.isOpen = false
    if (this.#hash) {
      checkDigest(this.cid, this.#hash.digest())
      return this.#joined.subarray(0, 0)
    }
    const block = this.#joined.subarray(0, this.blockBytes)
    checkBlock(this.cid, block)
    return block
  }
}
