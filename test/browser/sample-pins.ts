import { randomBytes } from 'node:crypto'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { buildTree } from '#libs/car/testing/build-car.ts'
import { startFarProvider } from '../bench/far-provider.ts'
import { addBlocks, addBytes, deadCid } from '../e2e/content.ts'
import type { Pipeline } from '../e2e/pipeline.ts'

/** Asks the Pinning Service API with a token, and takes its JSON. */
export type AskPinning = (path: string, body?: unknown) => Promise<ReturnType<typeof JSON.parse>>

const names = [
  'handbook-2026.pdf',
  'maps/lisbon-tiles',
  'release-notes-v4.2',
  'gallery/2026-autumn',
  'wikipedia-excerpt.zim',
  'sensor-log-0412.parquet',
  'thesis-final.tex',
  'podcast-e118.opus',
  'nft-metadata/9912',
  'site/docs-snapshot',
  'model-weights-q4.bin',
  'backup-ledger-w46',
  'lecture-07.webm',
  'dataset/birds-val',
]

/** So that an hour has something to show. */
const smallPins = 240

/**
 * Pins of an account, of which most end pinned and some fail, and many small ones of another. Resolves when all have
 * ended, with the largest one.
 */
export async function pinSamples(pipeline: Pipeline, ask: AskPinning, askOther: AskPinning) {
  const provider = await pipeline.startNode('provider')
  const pin = (cid: string, name: string, origins: readonly string[] = provider.multiaddrs) =>
    ask('pins', { cid, name, origins, meta: { project: 'field-notes', author: 'mira' } })
  let pinned = ''
  for (const [place, name] of names.entries()) {
    const cid = await addBytes(provider, randomBytes(180_000 * (place + 1) ** 2))
    pinned = (await pin(cid, name)).requestid
  }
  for (let pins = 0; pins < smallPins; pins += 20) {
    const batch = Array.from({ length: 20 }, async () => ({
      cid: await addBytes(provider, randomBytes(4_000)),
    }))
    await askOther('batch', await Promise.all(batch))
  }
  const missing = buildTree({ leaves: 40, leafBytes: 200_000, seed: 7 })
  const incomplete = { root: missing.root, blocks: missing.blocks.filter((_, at) => at !== 12 && at !== 30) }
  await pin(await addBlocks(provider, incomplete), 'archive/2019-scans')
  await pin(deadCid(), 'old-site-backup', [])
  await pollUntil(
    async () => {
      const asked = [ask, askOther].map(async one => (await one('pins?status=queued,pinning')).count)
      const count = (await Promise.all(asked)).reduce((sum, waiting) => sum + waiting, 0)
      if (count > 0) throw new Error(`${count} pins have not ended`)
    },
    { what: 'the end of all pins', timeoutMs: 120_000, intervalMs: 500 },
  )
  return { pinned }
}

/** A large pin from a provider far away, so that there is time to look at it. Disposing ends the way there. */
export async function pinSlowly(pipeline: Pipeline, ask: AskPinning) {
  const far = await startFarProvider(pipeline, 'far', 160)
  const cid = await addBytes(far.node, randomBytes(250_000_000))
  const { requestid } = await ask('pins', { cid, name: 'field-recordings-2026.tar', origins: [far.origin] })
  return { requestid: requestid as string, [Symbol.asyncDispose]: () => far[Symbol.asyncDispose]() }
}
