import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { startPipeline } from './pipeline.ts'

const poll = { what: 'the IPFS node in the API', timeoutMs: 20_000, intervalMs: 50 }

test('the API shows the Kubo of a running fetcher, and none once the fetcher has stopped', {
  timeout: 60_000,
}, async () => {
  await using pipeline = await startPipeline({ services: ['fetcher', 'gateway'] })
  const read = async (path: string) => JSON.parse((await pipeline.client.request('GET', path)).body)
  const shows = (peerId: string | undefined) =>
    pollUntil(async () => assert.equal((await read('/id')).ipfs.id, peerId), poll)

  const { peerId } = pipeline.kubo
  await shows(peerId)
  const { id, error, ipfs } = await read('/id')
  assert.equal(error, '')
  assert.ok(ipfs.addresses.length > 0)
  for (const address of ipfs.addresses) assert.ok(address.endsWith(`/p2p/${peerId}`), address)

  const [ping] = await read('/monitor/metrics/ping')
  assert.deepEqual([ping.peer, JSON.parse(ping.value).ipfs_id], [id, peerId])
  const [freespace] = await read('/monitor/metrics/freespace')
  assert.ok(freespace.weight > 0)
  assert.equal((await read('/monitor/metrics/pinqueue'))[0].value, '0')
  assert.deepEqual((await read('/health/graph')).cluster_to_ipfs, { [id]: peerId })
  assert.deepEqual(await read('/health/alerts'), [])

  await pipeline.children.fetcher.stop()
  await shows(undefined)
  assert.match((await read('/id')).error, /no IPFS node/)
  assert.deepEqual(await read('/monitor/metrics/ping'), [])
})
