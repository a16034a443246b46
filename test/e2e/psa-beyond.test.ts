import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { CarReader } from '@ipld/car'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { createPinningToken } from '../clients/psa-token.ts'
import { addBytes, addDirectory, exportCar } from './content.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const timeout = 300_000
let pipeline: Pipeline
let token: string
before(
  async () => {
    pipeline = await startPipeline({ settings: { WATCH_INTERVAL_MS: '50' } })
    const databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL'] ?? assert.fail('no database')
    token = await createPinningToken(databaseUrl, 'beyond')
  },
  { timeout },
)
after(() => pipeline[Symbol.asyncDispose]())

const ask = (path: string, { body, ...headers }: Record<string, string> = {}) =>
  fetch(`${pipeline.gatewayUrl}/psa${path}`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(body ? { method: 'POST', body } : {}),
  })
const asJson = async (answer: Response) => JSON.parse(await answer.text())

/** What the events of a pin told, until they ended. */
async function eventsOf(requestId: string) {
  const text = await (await ask(`/pins/${requestId}/events`)).text()
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data))
}

/** Every block by its CID; all of them hash to it. */
async function blocksOf(car: Uint8Array) {
  const reader = await CarReader.fromBytes(car)
  const blocks = new Map<string, Uint8Array>()
  for await (const { cid, bytes } of reader.blocks()) {
    assert.deepEqual((await sha256.digest(bytes)).digest, cid.multihash.digest)
    blocks.set(cid.toString(), bytes)
  }
  return { roots: (await reader.getRoots()).map(String), blocks }
}

test('a pin is followed until it is pinned, and its CAR is had by link and from the gateway', {
  timeout,
}, async () => {
  const provider = await pipeline.startNode('provider')
  const cid = await addBytes(provider, randomBytes(3_000_000))
  const body = JSON.stringify({ cid, origins: provider.multiaddrs })
  const accepted = await ask('/pins', { body, 'idempotency-key': 'once' })
  assert.equal(accepted.status, 202)
  const { requestid } = await asJson(accepted)
  const told = await eventsOf(requestid)
  const statuses = told.map(({ status }) => status)
  assert.equal(statuses.at(-1), 'pinned', JSON.stringify(told.at(-1)))
  assert.deepEqual([...statuses].sort(byLife), statuses)
  assert.deepEqual(told.at(-1), await asJson(await ask(`/pins/${requestid}`)))
  const repeated = await ask('/pins', { body, 'idempotency-key': 'once' })
  assert.equal((await asJson(repeated)).requestid, requestid)

  const receipt = await asJson(await ask(`/pins/${requestid}/receipt`))
  const linked = new Uint8Array(await (await ask(`/pins/${requestid}/car`)).arrayBuffer())
  const streamed = await ask(`/pins/${requestid}/car`, { accept: 'application/vnd.ipld.car' })
  assert.equal(streamed.headers.get('x-ipfs-roots'), cid)
  const car = new Uint8Array(await streamed.arrayBuffer())
  assert.deepEqual(linked, car)
  assert.equal(car.length, receipt.bytes)
  assert.equal(CID.createV1(0x0202, await sha256.digest(car)).toString(), receipt.carCid)
  assert.deepEqual([told.at(-1).info.raw_size, receipt.rawBytes], ['3000000', 3_000_000])
  const { roots, blocks } = await blocksOf(car)
  const expected = await blocksOf(await exportCar(provider, cid))
  assert.deepEqual(roots, [cid])
  assert.deepEqual(new Set(blocks.keys()), new Set(expected.blocks.keys()))
  assert.equal(blocks.size, receipt.blocks)
})

const life = ['queued', 'pinning', 'pinned']
const byLife = (one: string, other: string) => life.indexOf(one) - life.indexOf(other)

test('the raw size of a directory is the sum of its files', { timeout }, async () => {
  const provider = await pipeline.startNode('directory-provider')
  const sizes = [600_000, 1, 40_000]
  const files = sizes.map(size => new Uint8Array(randomBytes(size)))
  for (const options of ['cid-version=0', 'cid-version=1', 'cid-version=1&inline=true']) {
    const cid = await addDirectory(provider, files, options)
    const accepted = await ask('/pins', { body: JSON.stringify({ cid, origins: provider.multiaddrs }) })
    const pinned = (await eventsOf((await asJson(accepted)).requestid)).at(-1)
    assert.equal(pinned.status, 'pinned', JSON.stringify(pinned))
    assert.equal(pinned.info.raw_size, '640001', options)
    assert.ok(Number(pinned.info.dag_size) > 640_001)
  }
})

test('a batch ends pinned, each pin by itself', { timeout }, async () => {
  const provider = await pipeline.startNode('batch-provider')
  const cids: string[] = []
  for (let i = 0; i < 5; i++) cids.push(await addBytes(provider, randomBytes(2_000)))
  const body = JSON.stringify({ pins: cids.map(cid => ({ cid, origins: provider.multiaddrs })) })
  const accepted = await ask('/batch', { body, 'idempotency-key': 'batch' })
  assert.equal(accepted.status, 202)
  const ids: string[] = (await asJson(accepted)).map(({ requestid }: { requestid: string }) => requestid)
  const ends = await Promise.all(ids.map(eventsOf))
  assert.deepEqual(
    ends.map(told => told.at(-1).status),
    cids.map(() => 'pinned'),
  )
  const read = await asJson(await ask(`/batch?requestid=${ids.join(',')}`))
  assert.deepEqual(
    read.map(({ status, pin }: { status: string; pin: { cid: string } }) => [status, pin.cid]),
    cids.map(cid => ['pinned', cid]),
  )
})
