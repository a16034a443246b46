import { join } from 'node:path'
import { pollUntil } from '#deploy/local/poll-until.ts'
import type { Supervisor } from '#deploy/local/supervisor.ts'
import { testBytes } from '#libs/car/testing/build-car.ts'
import { pbBlock, rawBlock } from '#libs/car/testing/test-blocks.ts'
import { addBlocks } from '../../e2e/content.ts'
import { runLoad } from './load.ts'
import { authorization, measureGets, measureList, measureLost, measurePosts, type Target } from './measure.ts'
import { randomCids } from './random-cids.ts'
import { readList } from './read-list.ts'
import type { ServerRow } from './report.ts'
import { startPeer } from './start-peer.ts'

type Sizes = {
  posts: number
  gets: number
  connections: readonly number[]
  /** How many pins are really pinned: their blocks are in its Kubo. */
  pinned: number
  /** How many pins its long list has, those that are pinned and those that wait. */
  list: number
}

type Place = { supervisor: Supervisor; dataDir: string; kuboBinary: string }

/** The same as for ours, in two runs too: its own Kubo looks for what is posted while the clock runs. */
export async function measurePeer(place: Place, sizes: Sizes, note: (row: ServerRow) => void): Promise<void> {
  await measureAccepting(place, sizes, note)
  await measureReading(place, sizes, note)
}

async function measureAccepting(place: Place, { posts, connections }: Sizes, note: (row: ServerRow) => void) {
  const { target, stop } = await start(place, 'accepting')
  for (const count of connections) note(await measurePosts(target, count, posts))
  note(await measureLost(target, 1_000))
  await stop()
}

async function measureReading(place: Place, sizes: Sizes, note: (row: ServerRow) => void): Promise<void> {
  const { target, kubo, stop } = await start(place, 'reading')
  const blocks = Array.from({ length: sizes.pinned }, (_, i) => rawBlock(testBytes(64, i)))
  const root = pbBlock(blocks.map(({ cid }) => cid))
  await addBlocks(kubo, { root: root.cid, blocks: [root, ...blocks] })
  const cids = blocks.map(({ cid }) => cid.toString())
  await post(target, cids)
  const everyPinned = async () => {
    const { objects } = await readList(`${target.url}/pins?filter=pinned`, authorization)
    if (objects < sizes.pinned) throw new Error(`${objects} of ${sizes.pinned} are pinned`)
  }
  await pollUntil(everyPinned, { what: 'the pins of the peer', timeoutMs: 600_000, intervalMs: 1_000 })
  for (const count of sizes.connections)
    note(await measureGets(target, count, { of: `${sizes.pinned} pinned`, cids, count: sizes.gets }))
  for (const path of ['/pins', '/allocations']) note(await measureList(target, path, 'pinned'))
  await post(target, randomCids(sizes.list - sizes.pinned))
  for (const path of ['/pins', '/allocations']) note(await measureList(target, path, 'mostly queued'))
  await stop()
}

async function start({ supervisor, dataDir, kuboBinary }: Place, name: string) {
  const peer = await startPeer(supervisor, { dataDir: join(dataDir, name), kuboBinary })
  const { url, child, kubo } = peer
  const target: Target = { server: 'ipfs-cluster', url, child }
  const stop = async () => {
    await child.stop()
    await kubo.child.stop()
  }
  return { target, kubo, stop }
}

async function post({ url }: Target, cids: readonly string[]): Promise<void> {
  const targets = cids.map(cid => `/pins/${cid}`)
  const { statuses } = await runLoad({ url, connections: 20, method: 'POST', targets, authorization })
  if (statuses[200] !== cids.length) throw new Error(`the peer answered ${JSON.stringify(statuses)}`)
}
