import { type Pipeline, startPipeline } from '../../e2e/pipeline.ts'
import { productAckWaitMs, productSettings } from '../product-settings.ts'
import { insertPinned, somePinned } from './insert-pins.ts'
import { measureGets, measureList, measureLost, measurePosts, type Target } from './measure.ts'
import type { ServerRow } from './report.ts'

type Sizes = {
  posts: number
  gets: number
  connections: readonly number[]
  /** Numbers of pins, rising. */
  lists: readonly number[]
}

/**
 * POST is measured with every service running: what is accepted is published to JetStream and looked for by the fetcher
 * while the clock runs. An answer means that Postgres has it on disk.
 * Pins to ask for are inserted by SQL into another, idle Pickup: pinning a million takes longer than a bench should.
 */
export async function measurePickup(sizes: Sizes, note: (row: ServerRow) => void): Promise<void> {
  await measureAccepting(sizes, note)
  await measureReading(sizes, note)
}

async function measureAccepting(
  { posts, connections }: Sizes,
  note: (row: ServerRow) => void,
): Promise<void> {
  await using pipeline = await startPipeline({ settings: productSettings, ackWaitMs: productAckWaitMs })
  const target = targetOf(pipeline)
  for (const count of connections) note(await measurePosts(target, count, posts))
  note(await measureLost(target, 1_000))
}

async function measureReading(
  { gets, connections, lists }: Sizes,
  note: (row: ServerRow) => void,
): Promise<void> {
  await using pipeline = await startPipeline({ settings: productSettings, services: ['gateway'] })
  const target = targetOf(pipeline)
  let inserted = 0
  for (const size of lists) {
    await insertPinned(pipeline, inserted + 1, size)
    inserted = size
    const cids = await somePinned(pipeline, 5_000)
    for (const count of connections)
      note(await measureGets(target, count, { of: `${size} pinned`, cids, count: gets }))
    for (const path of ['/pins', '/allocations']) note(await measureList(target, path, 'pinned'))
  }
}

const targetOf = ({ gatewayUrl, children }: Pipeline): Target => ({
  server: 'pickup',
  url: gatewayUrl,
  child: children.gateway,
})
