import { type Pipeline, startPipeline } from '../../e2e/pipeline.ts'
import { insertPinned, somePinned } from './insert-pins.ts'
import { measureGets, measureList, measureLost, measurePosts, type Target } from './measure.ts'
import type { Row } from './report.ts'

type Sizes = {
  posts: number
  gets: number
  connections: readonly number[]
  /** Numbers of pins, rising. */
  lists: readonly number[]
}

/** Defaults of the product, where the pipeline of the tests has shorter times. */
const settings = {
  LOG_LEVEL: 'info',
  LOCATE_TIMEOUT_MS: '30000',
  FETCH_CHUNK_TIMEOUT_MS: '120000',
  HEARTBEAT_MS: '30000',
  LEASE_MS: '180000',
  RETRY_MIN_MS: '5000',
  RETRY_MAX_MS: '600000',
  FAILURE_LIMIT: '5',
}

/**
 * POST is measured with every service running: what is accepted is published to JetStream and looked for by the fetcher
 * while the clock runs. An answer means that Postgres has it on disk.
 * Pins to ask for are inserted by SQL into another, idle Pickup: pinning a million takes longer than a bench should.
 */
export async function measurePickup(sizes: Sizes, note: (row: Row) => void): Promise<void> {
  await measureAccepting(sizes, note)
  await measureReading(sizes, note)
}

async function measureAccepting({ posts, connections }: Sizes, note: (row: Row) => void): Promise<void> {
  await using pipeline = await startPipeline({ settings, ackWaitMs: 120_000 })
  const target = targetOf(pipeline)
  await measurePosts(target, 20, warmUp)
  for (const count of connections) note(await measurePosts(target, count, posts))
  note(await measureLost(target, 1_000))
}

async function measureReading({ gets, connections, lists }: Sizes, note: (row: Row) => void): Promise<void> {
  await using pipeline = await startPipeline({ settings, services: ['gateway'] })
  const target = targetOf(pipeline)
  let inserted = 0
  for (const size of lists) {
    await insertPinned(pipeline, inserted + 1, size)
    inserted = size
    const cids = await somePinned(pipeline, 5_000)
    await measureGets(target, 20, { what: '', cids, count: warmUp })
    for (const count of connections)
      note(await measureGets(target, count, { what: `of ${size} pinned`, cids, count: gets }))
    for (const path of ['/pins', '/allocations']) note(await measureList(target, path, 'pinned'))
  }
}

const warmUp = 2_000
const targetOf = ({ gatewayUrl, children }: Pipeline): Target => ({
  server: 'pickup',
  url: gatewayUrl,
  child: children.gateway,
})
