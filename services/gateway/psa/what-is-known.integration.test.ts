import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LiveJob, LiveNode } from '#libs/bus/index.ts'
import { leasesOf } from '#libs/db/index.ts'
import { type PinningApp, startPinningApp } from './testing/pinning-app.ts'
import { cidOf, peerId } from './testing/test-cids.ts'

const timeout = 20_000
const delegate = `/ip4/1.2.3.4/tcp/4001/p2p/${peerId}`
const node: LiveNode = {
  peerId,
  addresses: [
    `/ip4/1.2.3.4/udp/4001/quic-v1/p2p/${peerId}`,
    delegate,
    `/ip4/127.0.0.1/tcp/4001/p2p/${peerId}`,
  ],
  agentVersion: 'kubo/0.43.0',
  repoBytes: 0,
  repoLimitBytes: 1,
  transfers: 0,
  transferSlots: 1,
  announcedAt: new Date(),
  expiresAt: new Date(),
}
const job: LiveJob = {
  phase: 'transferring',
  attempt: 2,
  worker: 'w',
  dagBytes: 1_000,
  dagBlocks: 3,
  carBytes: 500,
  bytesPerSecond: 250,
  stalledMs: 0,
}

type Client = Awaited<ReturnType<PinningApp['client']>>
let app: PinningApp
let user: Client
let nodes: LiveNode[] = []
const liveJobs = new Map<string, LiveJob>()
before(async () => {
  app = await startPinningApp({ liveJobs, liveNodes: () => nodes })
  user = await app.client('watcher')
})
after(() => app[Symbol.asyncDispose]())

const list = async (cid: string) => {
  const { body } = await user.list(`?status=queued,pinning,pinned,failed&cid=${cid}`)
  return body.results[0]
}

test('every pin comes with delegates: a way to nowhere at first, then the live nodes', {
  timeout,
}, async () => {
  const cid = cidOf('delegates')
  const early = await user.add({ cid })
  assert.equal(early.body.delegates.length, 1)
  assert.match(early.body.delegates[0], /\.invalid\/tcp\/4001\/p2p\/12D3/)
  nodes = [node]
  const { body } = await user.replace(early.body.requestid, { cid })
  for (const status of [body, (await user.get(body.requestid)).body, await list(cid)])
    assert.deepEqual(status.delegates, [delegate])
})

test('the place in the queue is told of one pin, not in lists', { timeout }, async () => {
  const cids = [cidOf('first'), cidOf('second')]
  const ids = []
  for (const cid of cids) ids.push((await user.add({ cid })).body.requestid)
  const places = []
  for (const id of ids) places.push(Number((await user.get(id)).body.info.queue_position))
  assert.equal((places[1] ?? 0) - (places[0] ?? 0), 1)
  assert.equal('queue_position' in (await list(cidOf('first'))).info, false)
})

test('what a worker says is shown while it works, and not afterwards', { timeout }, async () => {
  const cid = cidOf('works')
  const { body } = await user.add({ cid })
  await app.setState(cid, { state: 'pinning', attempts: 2 })
  liveJobs.set(cid, job)
  const { info } = (await user.get(body.requestid)).body
  const { status_details: details, ...known } = info
  assert.match(details, /^Transferring: 1\.0 kB in 3 blocks so far, 250 B\/s\. This is attempt 2\.$/)
  const progress = {
    progress: 'transferring',
    blocks: '3',
    bytes_fetched: '1000',
    rate: '250',
    attempts: '2',
  }
  assert.deepEqual(known, progress)
  assert.deepEqual((await list(cid)).info, info)
  await app.setState(cid, { state: 'pinned' })
  const pinned = await list(cid)
  assert.equal(pinned.status, 'pinned')
  assert.deepEqual(
    [pinned.info.dag_size, pinned.info.blocks, pinned.info.car_cid, pinned.info.progress],
    ['100', '3', 'bagbaieratest', '100%'],
  )
})

test('between attempts a pin and the list say what the last failure was', { timeout }, async () => {
  const cid = cidOf('fails and is tried again')
  const { body } = await user.add({ cid })
  await app.setState(cid, { state: 'pinning', attempts: 1 })
  const leases = leasesOf(app.db, { owner: 'w', leaseMs: 60_000 })
  const claimed = await leases.claim({ cid, generation: 1, step: 'fetch' })
  assert.ok(claimed.kind === 'leased')
  await leases.fail(claimed.lease, { code: 'stalled', message: 'no block in 2 min', missingCids: [] })
  const { info } = (await user.get(body.requestid)).body
  assert.equal(info.status_details, 'Waiting for attempt 2. The last failure: stalled: no block in 2 min.')
  assert.deepEqual((await list(cid)).info, info)
  await app.setState(cid, { state: 'pinned' })
  assert.match((await user.get(body.requestid)).body.info.status_details, /^Stored and proven/)
})

test('a failed pin says why', { timeout }, async () => {
  const cid = cidOf('failed')
  const { body } = await user.add({ cid })
  const missing = [cidOf('a'), cidOf('b')]
  await app.setState(cid, {
    state: 'failed',
    attempts: 5,
    failureCode: 'dag-incomplete',
    failureMessage: '2 blocks missing',
    missingCids: missing,
  })
  const { status, info } = (await user.get(body.requestid)).body
  assert.equal(status, 'failed')
  assert.match(info.status_details, /^Some blocks of the DAG could not be found\..*2 blocks missing/)
  assert.deepEqual(
    [info.failure_code, info.missing_cids, info.attempts],
    ['dag-incomplete', missing.join(), '5'],
  )
})
