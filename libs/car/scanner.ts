import { createHash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { PermanentError, TransientError } from '#libs/errors/index.ts'
import { checkBlock } from './block-check.ts'
import { readCid } from './canonical-cid.ts'
import { cidText, createCidParts, parseCid } from './cid-bytes.ts'
import { DagProgress } from './dag-progress.ts'
import { SHA2_256 } from './hash-functions.ts'
import { HeaderReader } from './header.ts'
import { createSectionPrefix, MAX_PREFIX_BYTES, parseSectionPrefix } from './section-prefix.ts'
import { SplitBlock } from './split-block.ts'

/**
 * What a CAR may be at most. `maxBlocks` bounds the sections and, apart from them, the distinct multihashes
 * linked to.
 */
export type CarLimits = { maxCarBytes: number; maxBlockBytes: number; maxBlocks: number }

/**
 * What a complete CAR is. `carCid` is the CIDv1 (base32) with codec `car` and the sha2-256 of the whole file;
 * `dagBytes` counts blocks without framing; `rawBytes` the data in them without the dag-pb around it, which of a UnixFS
 * DAG are the bytes of its files and the targets of its symlinks. What the DAG has several times is in it once.
 */
export type CarReport = {
  root: string
  carCid: string
  sizeBytes: number
  blocks: number
  dagBytes: number
  rawBytes: number
}

/**
 * Checks a CAR as it streams by. After a throw it is dead: every later call throws the same error.
 *
 * The errors say whether a new transfer of the same DAG can do better. Permanent, because no transfer changes
 * it: `car-too-big`, `block-too-big`, `too-many-blocks`, `unsupported-codec`, `unsupported-hash`. Transient,
 * because the sender or the way may have damaged it: `bad-block`, `bad-car`, `wrong-root`,
 * `unexpected-block`, `dag-incomplete`. For a stored object, whose bytes stay what they are, the caller
 * treats all of them as permanent.
 */
export type CarScanner = {
  /** Checks the next bytes. Copies what it keeps: the caller may reuse the chunk. Cut the stream anywhere. */
  push(chunk: Uint8Array): void
  /**
   * Call it once, after the last byte. Throws `bad-car` for a cut CAR and `dag-incomplete`, with up to 20
   * missing CIDs, when links are missing.
   */
  end(): CarReport
  /**
   * At most `max` CIDs that are linked and not seen so far, as far as known in traversal order: a depth-first
   * exporter sends the first of them next.
   */
  missing(max: number): string[]
  /** The root as the header of the CAR has it, or else the one asked for. */
  readonly root: CID | undefined
  /** Bytes pushed. */
  readonly sizeBytes: number
  /** Sections checked. */
  readonly blocks: number
  /** Bytes of the blocks checked. */
  readonly dagBytes: number
}

const CAR_CODEC = 0x0202
const MAX_MISSING_NAMED = 20

type ScannerOptions = {
  /** Without it any one root will do, and whoever needs to know it looks at `CarScanner.root`. */
  root?: CID | string
  limits: CarLimits
  /**
   * Takes blocks in any order; `unexpected-block` is then thrown at the end. Without it a block must come after one
   * that links to it, as depth-first exporters send them: so nobody can send blocks that lead nowhere for long.
   */
  anyOrder?: boolean
}

/**
 * Creates a scanner that proves a CARv1 to hold the whole DAG under `root` and nothing else: one root, every
 * block hashes to its CID and is linked to by another block (or is the root), every link is present.
 * Throws `unsupported-codec` or `unsupported-hash` for a root of that kind, and `invalid-message` for a text
 * that is no CID.
 */
export function createCarScanner({ root, limits, anyOrder = false }: ScannerOptions): CarScanner {
  return new Scanner(typeof root === 'string' ? readCid(root) : root?.toV1(), limits, anyOrder)
}

class Scanner implements CarScanner {
  sizeBytes = 0
  blocks = 0
  dagBytes = 0
  #root: CID | undefined
  readonly #limits: CarLimits
  readonly #carHash = createHash('sha256')
  readonly #header: HeaderReader
  readonly #dag: DagProgress
  readonly #section = createSectionPrefix()
  /** The beginning of a section that was cut before its CID was complete. */
  readonly #prefix = new Uint8Array(MAX_PREFIX_BYTES)
  #prefixBytes = 0
  readonly #split = new SplitBlock()
  #failure: unknown

  constructor(root: CID | undefined, limits: CarLimits, anyOrder: boolean) {
    this.#limits = limits
    this.#header = new HeaderReader(root)
    this.#dag = new DagProgress(limits.maxBlocks, anyOrder)
    if (root) this.#begin(root)
  }

  get root(): CID | undefined {
    return this.#header.root ?? this.#root
  }

  push(chunk: Uint8Array): void {
    this.#dieOnThrow(() => this.#read(chunk))
  }

  end(): CarReport {
    return this.#dieOnThrow(() => this.#report())
  }

  missing(max: number): string[] {
    return this.#dag.missing(max)
  }

  #begin(root: CID): void {
    this.#root = root
    const parts = createCidParts()
    parseCid(root.bytes, 0, root.bytes.length, parts)
    this.#dag.link(parts)
  }

  #dieOnThrow<T>(step: () => T): T {
    if (this.#failure instanceof Error) throw this.#failure
    try {
      return step()
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  #read(chunk: Uint8Array): void {
    if (this.sizeBytes + chunk.length > this.#limits.maxCarBytes) {
      throw new PermanentError('car-too-big', `the CAR is larger than ${this.#limits.maxCarBytes} bytes`)
    }
    this.sizeBytes += chunk.length
    this.#carHash.update(chunk)
    let offset = this.#header.root ? 0 : this.#readHeader(chunk)
    while (offset < chunk.length) {
      offset = this.#split.isOpen ? this.#readSplitBlock(chunk, offset) : this.#readSection(chunk, offset)
    }
  }

  #readHeader(chunk: Uint8Array): number {
    const end = this.#header.push(chunk, 0)
    if (this.#header.root && !this.#root) this.#begin(this.#header.root.toV1())
    return end
  }

  #readSection(chunk: Uint8Array, offset: number): number {
    if (this.#prefixBytes > 0) return this.#readCutSection(chunk, offset)
    const blockStart = parseSectionPrefix(chunk, offset, chunk.length, this.#section)
    if (blockStart >= 0) return this.#readBlock(chunk, blockStart)
    this.#prefix.set(chunk.subarray(offset))
    this.#prefixBytes = chunk.length - offset
    return chunk.length
  }

  #readCutSection(chunk: Uint8Array, offset: number): number {
    const had = this.#prefixBytes
    const more = chunk.subarray(offset, offset + this.#prefix.length - had)
    this.#prefix.set(more, had)
    this.#prefixBytes = had + more.length
    const blockStart = parseSectionPrefix(this.#prefix, 0, this.#prefixBytes, this.#section)
    if (blockStart < 0) return offset + more.length
    this.#prefixBytes = 0
    return this.#readBlock(chunk, offset + blockStart - had)
  }

  /**
   * The link is looked up first: it tells a foreign block, or damage to the CID, from a block that is too
   * large for us.
   */
  #readBlock(chunk: Uint8Array, start: number): number {
    const { cid, blockBytes } = this.#section
    const slot = this.#dag.slotOf(cid)
    if (blockBytes > this.#limits.maxBlockBytes) {
      const message = `block ${cidText(cid)} has ${blockBytes} bytes, more than ${this.#limits.maxBlockBytes}`
      throw new PermanentError('block-too-big', message)
    }
    if (this.blocks >= this.#limits.maxBlocks) {
      throw new PermanentError('too-many-blocks', `the CAR has more than ${this.#limits.maxBlocks} blocks`)
    }
    const end = start + blockBytes
    if (end > chunk.length) {
      this.#split.begin(cid, slot, blockBytes, this.#dag.needsBytes(cid, slot))
      return start
    }
    // Not `subarray`: that of a `Buffer` takes twice as long.
    const block = new Uint8Array(chunk.buffer, chunk.byteOffset + start, blockBytes)
    checkBlock(cid, block)
    this.#count(blockBytes)
    this.#dag.arrive(cid, slot, block, blockBytes)
    return end
  }

  #readSplitBlock(chunk: Uint8Array, offset: number): number {
    const split = this.#split
    const next = split.push(chunk, offset)
    if (split.isWhole) {
      const block = split.finish()
      this.#count(split.blockBytes)
      this.#dag.arrive(split.cid, split.slot, block, split.blockBytes)
    }
    return next
  }

  #count(blockBytes: number): void {
    this.blocks++
    this.dagBytes += blockBytes
  }

  #report(): CarReport {
    if (!this.#root || !this.#header.root)
      throw new TransientError('bad-car', 'the CAR ends before its header does')
    if (this.#split.isOpen || this.#prefixBytes > 0)
      throw new TransientError('bad-car', 'the CAR ends inside a section')
    if (this.#dag.pendingCount > 0) {
      const message = `${this.#dag.pendingCount} linked blocks are missing`
      throw new TransientError('dag-incomplete', message, { missingCids: this.missing(MAX_MISSING_NAMED) })
    }
    if (this.#dag.unlinkedCount > 0) {
      const message = `the CAR holds ${this.#dag.unlinkedCount} blocks that no other block links to`
      throw new TransientError('unexpected-block', message)
    }
    const { sizeBytes, blocks, dagBytes } = this
    const digest = createDigest(SHA2_256, this.#carHash.digest())
    return {
      root: this.#root.toString(),
      carCid: CID.createV1(CAR_CODEC, digest).toString(),
      sizeBytes,
      blocks,
      dagBytes,
      rawBytes: this.#dag.rawBytes,
    }
  }
}
