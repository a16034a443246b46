import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { testBytes } from '#libs/car/testing/build-car.ts'
import { addressOf, closedPort, startBlackHole, startSilentServer } from './bad-addresses.ts'
import { addBytes, rpc } from './content.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { connectProducer, pinnedRows, pinRequestBody } from './producer.ts'

const connectTimeoutMs = 3_000
/** For all the rest of a small pin, on a busy machine. */
const slackMs = 7_000

let pipeline: Pipeline
let provider: RunningKubo
let content = 0

before(
  async () => {
    pipeline = await startPipeline({ settings: { CONNECT_TIMEOUT_MS: String(connectTimeoutMs) } })
    provider = await pipeline.startNode('provider')
    // The first pin warms up the connection pools of all services.
    await pinWith([])
  },
  { timeout: 60_000 },
)
after(() => pipeline[Symbol.asyncDispose]())

const newContent = () => addBytes(provider, testBytes(10_000, 31 + content++))

/** Pins new content of the provider, which stands in the middle of the bad origins. Answers the time it took. */
async function pinWith(bad: readonly string[]): Promise<number> {
  const cid = await newContent()
  const startedAt = performance.now()
  await pipeline.client.pin(cid, { origins: [...bad, ...provider.multiaddrs, ...bad] })
  const { status, error, attempts } = await pipeline.client.settled(cid)
  assert.equal(status, 'pinned', error)
  assert.equal(attempts, 1)
  return performance.now() - startedAt
}

test('an origin whose port is closed costs no time', { timeout: 30_000 }, async () => {
  const tookMs = await pinWith([addressOf(await closedPort())])
  assert.ok(tookMs < connectTimeoutMs + slackMs, `${tookMs} ms`)
})

test('an origin that accepts and stays silent costs the connect timeout at most', {
  timeout: 30_000,
}, async () => {
  await using silent = await startSilentServer()
  const tookMs = await pinWith([addressOf(silent.port)])
  assert.ok(silent.connections > 0, 'it was not even tried')
  assert.ok(tookMs < connectTimeoutMs + slackMs, `${tookMs} ms`)
})

test('an origin that swallows packets costs the connect timeout at most', { timeout: 30_000 }, async () => {
  await using blackHole = await startBlackHole()
  const tookMs = await pinWith([addressOf(blackHole.port)])
  assert.ok(tookMs < connectTimeoutMs + slackMs, `${tookMs} ms`)
})

test('several bad origins are dialled at once, not one after another', { timeout: 40_000 }, async () => {
  await using silent = await startSilentServer()
  await using blackHole = await startBlackHole()
  const bad = [addressOf(silent.port), addressOf(blackHole.port), addressOf(await closedPort())]
  const tookMs = await pinWith([...bad, `/dns4/no-such-host.invalid/tcp/4001/p2p/${provider.peerId}`])
  assert.ok(tookMs < connectTimeoutMs + slackMs, `${tookMs} ms`)
})

const malformed = [
  '',
  'not a multiaddr',
  '/ip4/999.1.1.1/tcp/1',
  '/ip4/127.0.0.1/tcp/4001',
  '/p2p/nobody',
  '/unix/tmp',
]

test('HTTP refuses a malformed origin', { timeout: 20_000 }, async () => {
  const cid = await newContent()
  for (const origin of malformed.slice(1)) {
    const query = new URLSearchParams({ origins: [...provider.multiaddrs, origin].join(',') })
    const { status, body } = await pipeline.client.request('POST', `/pins/${cid}?${query.toString()}`)
    assert.equal(status, 400, origin)
    assert.match(JSON.parse(body).message, /multiaddress/)
  }
  assert.equal((await pipeline.client.status(cid)).status, 'unpinned')
})

test('malformed origins of a NATS producer are left out, the good one among them is used', {
  timeout: 30_000,
}, async () => {
  await using producer = await connectProducer(pipeline)
  const cid = await newContent()
  await producer.publish(
    pinRequestBody('malformed', { cid, origins: [...malformed, ...provider.multiaddrs] }),
  )
  const [pin] = await pinnedRows(pipeline, cid)
  assert.equal(pin?.state, 'pinned')
})

test('a private origin is never dialled unless private origins are allowed', {
  timeout: 60_000,
}, async () => {
  const { children, client, kubo } = pipeline
  await children.fetcher.stop()
  await pipeline.startService('fetcher', {
    settings: { ALLOW_PRIVATE_ORIGINS: 'false', LOCATE_TIMEOUT_MS: '500', FAILURE_LIMIT: '1' },
  })
  // Not the provider of the tests before: the IPFS node is still connected to that one.
  const stranger = await pipeline.startNode('stranger')
  await using listener = await startSilentServer()
  const cid = await addBytes(stranger, testBytes(10_000, 99))
  await client.pin(cid, { origins: [...stranger.multiaddrs, addressOf(listener.port)] })
  const { failure } = await client.settled(cid)
  assert.equal(failure?.code, 'not-found')
  assert.equal(listener.connections, 0)
  assert.ok(!(await rpc(kubo, 'swarm/peers')).includes(stranger.peerId))
  await pipeline.logged('fetcher', new RegExp(`${listener.port}.*an address of a private network`))
})
