import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { acceptPin, connectDatabase, type Database, newRequestId, type PinRequest } from '#libs/db/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { listAsBoxo, type PinPage } from '../clients/psa-boxo-list.ts'
import { createIpfsCommand, type RemotePin } from '../clients/psa-kubo.ts'
import { createPinningToken } from '../clients/psa-token.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const timeout = 120_000
const allStates = 'queued,pinning,pinned,failed'

let pipeline: Pipeline
let databaseUrl: string
let db: Database

// Without workers: what is accepted stays queued.
before(
  async () => {
    pipeline = await startPipeline({ services: ['gateway'] })
    databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL'] ?? assert.fail('no database')
    const settings = {
      DATABASE_URL: databaseUrl,
      DATABASE_MAX_CONNECTIONS: 4,
      DATABASE_QUERY_TIMEOUT_MS: 10_000,
    }
    db = connectDatabase('test', settings, createLogger('test', 'silent'))
  },
  { timeout },
)
after(async () => {
  await db[Symbol.asyncDispose]()
  await pipeline[Symbol.asyncDispose]()
})

/** A token of a new account with this many pins, and their request ids. */
async function accountWith(count: number): Promise<{ token: string; requestIds: Set<string> }> {
  const account = `account-with-${count}`
  const token = await createPinningToken(databaseUrl, account)
  const requestIds = new Set<string>()
  // As from several clients at once: the times of creation collide, and must not.
  const add = async (pin: number) => {
    const cid = rawBlock(`${account} ${pin}`).cid.toString()
    const requestId = newRequestId()
    requestIds.add(requestId)
    const request: PinRequest = {
      requestId,
      account,
      api: 'psa',
      cid,
      sentCid: cid,
      name: 'n',
      meta: {},
      origins: [],
    }
    await acceptPin(db, request)
  }
  for (let pin = 0; pin < count; pin += 4)
    await Promise.all([0, 1, 2, 3].filter(i => pin + i < count).map(i => add(pin + i)))
  return { token, requestIds }
}

const createList = (token: string) => async (query: URLSearchParams) => {
  const response = await fetch(`${pipeline.gatewayUrl}/psa/pins?${query.toString()}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  assert.equal(response.status, 200)
  return (await response.json()) as PinPage
}

/** Checks that the pages have every pin once, the newest first, and that each `count` is what is left. */
function pagesHaveAll(pages: readonly PinPage[], requestIds: ReadonlySet<string>): void {
  const results = pages.flatMap(page => page.results)
  assert.equal(results.length, requestIds.size)
  assert.deepEqual(new Set(results.map(({ requestid }) => requestid)), requestIds)
  const times = results.map(({ created }) => Date.parse(created))
  assert.deepEqual(
    times,
    [...new Set(times)].sort((one, other) => other - one),
  )
  let left = requestIds.size
  for (const { count, results } of pages) {
    assert.equal(count, left)
    left -= results.length
  }
}

for (const { pins, limit, pages } of [
  { pins: 25, limit: undefined, pages: 3 },
  { pins: 1_001, limit: 1_000, pages: 2 },
])
  test(`boxo's rule reads ${pins} pins in ${pages} pages, each pin once`, { timeout }, async () => {
    const { token, requestIds } = await accountWith(pins)
    const filters = { status: allStates, ...(limit && { limit: String(limit) }) }
    const list = createList(token)
    const read = await Array.fromAsync(listAsBoxo(list, filters))
    assert.equal(read.length, pages)
    pagesHaveAll(read, requestIds)
    const byName = await Array.fromAsync(listAsBoxo(list, { ...filters, name: 'n' }))
    assert.equal(byName.length, pages)
    pagesHaveAll(byName, requestIds)
  })

test("Kubo's own client lists and removes 101 pins over many pages", { timeout }, async () => {
  const { token, requestIds } = await accountWith(101)
  const node = await pipeline.startNode('caller', { offline: true })
  const ipfs = createIpfsCommand(pipeline.servers.binaries.kubo, node)
  const added = await ipfs.run(
    'pin',
    'remote',
    'service',
    'add',
    'pickup',
    `${pipeline.gatewayUrl}/psa`,
    token,
  )
  assert.equal(added.exitCode, 0, added.stderr)
  const list = () => ipfs.json<RemotePin>('pin', 'remote', 'ls', '--service=pickup', `--status=${allStates}`)
  assert.equal(new Set((await list()).map(({ Cid }) => Cid)).size, requestIds.size)
  const removed = await ipfs.run(
    'pin',
    'remote',
    'rm',
    '--service=pickup',
    `--status=${allStates}`,
    '--force',
  )
  assert.equal(removed.exitCode, 0, removed.stderr)
  assert.deepEqual(await list(), [])
})
