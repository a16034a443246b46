import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { type HeliaNode, startHelia } from '../clients/psa-helia.ts'
import { createPinningToken } from '../clients/psa-token.ts'
import { rpc } from './content.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

/** The first run installs the client. */
const timeout = 200_000
const waitMs = 60_000

let pipeline: Pipeline
let helia: HeliaNode

// The fetcher dials no address of the node: contents only flow because Helia connects to the delegates of an answer.
before(
  async () => {
    pipeline = await startPipeline({ services: ['status', 'indexer-bridge', 'validator', 'gateway'] })
    await pipeline.startService('fetcher', {
      settings: { ALLOW_PRIVATE_ORIGINS: 'false', LOCATE_TIMEOUT_MS: '10000' },
    })
    const databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL'] ?? assert.fail('no database')
    const token = await createPinningToken(databaseUrl, 'helia')
    helia = await startHelia({ endpoint: `${pipeline.gatewayUrl}/psa`, token })
    const gatewayKnowsTheNode = async () => {
      const { body } = await pipeline.client.request('GET', '/health/graph')
      assert.ok(body.includes(pipeline.kubo.peerId), body)
    }
    await pollUntil(gatewayKnowsTheNode, { what: 'the view of the live nodes', timeoutMs: 20_000 })
  },
  { timeout },
)
after(async () => {
  await helia[Symbol.asyncDispose]()
  await pipeline[Symbol.asyncDispose]()
})

const addNew = async (options: { name?: string; metadata?: Record<string, string> } = {}) => {
  const cid = await helia.putBlock(randomBytes(1_000))
  const signal = AbortSignal.timeout(waitMs)
  const yielded = await Array.fromAsync(helia.pins.add(cid, { ...options, signal }))
  assert.deepEqual(yielded.map(String), [String(cid)])
  return cid
}

test('a block that only a Helia node has ends pinned, and that node is connected', { timeout }, async () => {
  const cid = await addNew({ name: 'block', metadata: { app: 'test' } })
  assert.ok((await rpc(pipeline.kubo, 'swarm/peers')).includes(helia.peerId))
  assert.equal(await helia.pins.isPinned(cid), true)
  const { metadata, status } = await helia.pins.get(cid)
  assert.deepEqual({ metadata, status }, { metadata: { app: 'test' }, status: 'pinned' })
})

test('metadata that is changed is read at once, and the pin stays pinned', { timeout }, async () => {
  const cid = await addNew({ metadata: { version: '1' } })
  await helia.pins.setMetadata(cid, { version: '2' })
  const { metadata, status } = await helia.pins.get(cid)
  assert.deepEqual({ metadata, status }, { metadata: { version: '2' }, status: 'pinned' })
  assert.equal(await helia.pins.isPinned(cid), true)
})

test('a pin that is removed is not pinned any more', { timeout }, async () => {
  const cid = await addNew()
  assert.deepEqual((await Array.fromAsync(helia.pins.rm(cid))).map(String), [String(cid)])
  assert.equal(await helia.pins.isPinned(cid), false)
  await assert.rejects(helia.pins.get(cid), { name: 'NotFoundError' })
})

test('a list of one CID ends with its pin', { timeout }, async () => {
  const cid = await addNew({ name: 'listed' })
  const pins = await Array.fromAsync(helia.pins.ls({ cid, signal: AbortSignal.timeout(waitMs) }))
  assert.deepEqual(
    pins.map(pin => [String(pin.cid), pin.name, pin.status]),
    [[String(cid), 'listed', 'pinned']],
  )
})
