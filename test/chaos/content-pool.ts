import type { RunningKubo } from '#deploy/local/kubo.ts'
import { buildTree, type TestDag } from '#libs/car/testing/build-car.ts'
import { addBlocks } from '../e2e/content.ts'
import type { Random } from './random.ts'

/**
 * `living`: a peer has all of it. `dead`: nobody has anything. `broken`: a peer has all but one block. `uploaded`: a client
 * has its CAR, and nobody else anything.
 */
export type Life = 'living' | 'dead' | 'broken' | 'uploaded'

/** A DAG that clients ask for. Its blocks are made again when they are looked at. */
export type PoolContent = { cid: string; life: Life; build: () => TestDag }

/** The world outside of the installation, which no fault touches. */
export type ContentPool = {
  readonly contents: ReadonlyMap<string, PoolContent>
  /** One that nobody has asked for yet. */
  create: (life: Life, size: 'small' | 'large') => Promise<PoolContent>
}

const mebibyte = 1024 ** 2

/** `seed` makes the contents; `provider` gets their blocks. */
export function createContentPool(random: Random, provider: RunningKubo): ContentPool {
  const contents = new Map<string, PoolContent>()
  let made = random.integer(1, 2 ** 10)
  return {
    contents,
    async create(life, size) {
      const seed = ++made
      const shape =
        size === 'large'
          ? { leaves: random.integer(6, 9), leafBytes: mebibyte }
          : { leaves: random.integer(1, 8), leafBytes: random.integer(100, 4_000) }
      const build = () => buildTree({ ...shape, seed })
      const { root, blocks } = build()
      if (life === 'living') await addBlocks(provider, { root, blocks })
      if (life === 'broken') await addBlocks(provider, { root, blocks: blocks.slice(0, -1) })
      const content = { cid: root.toString(), life, build }
      contents.set(content.cid, content)
      return content
    },
  }
}
