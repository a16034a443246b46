import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testBytes } from '#libs/car/testing/build-car.ts'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { addBytes } from '../content.ts'
import { connectProducer, pinnedRows, pinRequestBody } from '../producer.ts'
import type { Pickups } from './cluster-api.ts'

const timeout = 60_000
const cidOf = (what: string) => rawBlock(`old pickup, ${what}`).cid.toString()
const peer = '12D3KooWSXWtgfG9K8UHc2Seng2WaVSL1AtuP7o3AQ6EybncSEAJ'

/** What a client says when it pins, and what is kept of it. */
export function testPins(pickups: () => Pickups): void {
  test('3: DELETE unpins at once', { timeout }, async () => {
    const { api, pipeline } = pickups()
    const cid = await addBytes(pipeline.kubo, testBytes(1_000, 503))
    await api.ok('POST', `/pins/${cid}`)
    await pipeline.client.settled(cid)
    assert.equal((await api.ok('DELETE', `/pins/${cid}`)).cid, cid)
    assert.equal((await api.entry(cid)).status, 'unpinned')
    assert.equal((await api.call('GET', `/allocations/${cid}`)).status, 404)
  })

  test('5: metadata is a map of strings, with origins too', { timeout }, async () => {
    const { api } = pickups()
    const cid = cidOf('metadata')
    const target = `/pins/${cid}?meta-a=b&origins=/ip4/127.0.0.1/tcp/4001/p2p/${peer}`
    assert.deepEqual((await api.ok('POST', target)).metadata, { a: 'b' })
    assert.deepEqual((await api.ok('GET', `/pins/${cid}`)).metadata, { a: 'b' })
  })

  test('6: the name is kept', { timeout }, async () => {
    const { idle } = pickups()
    const cid = cidOf('a name')
    assert.equal((await idle.ok('POST', `/pins/${cid}?name=my+name`)).name, 'my name')
    assert.equal((await idle.ok('GET', `/pins/${cid}`)).name, 'my name')
    assert.equal((await idle.ok('GET', `/allocations/${cid}`)).name, 'my name')
  })

  test('7: every other option is kept and shown', { timeout }, async () => {
    const { idle } = pickups()
    const [source, cid] = [cidOf('a source'), cidOf('all options')]
    const options =
      'mode=direct&replication-min=1&replication-max=2&shard-size=7&expire-at=2099-01-02T03:04:05Z'
    await idle.ok('POST', `/pins/ipfs/${cid}?${options}&meta-kind=text&meta-owner=me`)
    const pin = await idle.ok('GET', `/allocations/${cid}`)
    assert.equal(pin.mode, 'direct')
    assert.equal(pin.replication_factor_min, 1)
    assert.equal(pin.replication_factor_max, 2)
    assert.equal(pin.shard_size, 7)
    assert.equal(Date.parse(pin.expire_at), Date.parse('2099-01-02T03:04:05Z'))
    assert.deepEqual(pin.metadata, { kind: 'text', owner: 'me' })
    await idle.ok('POST', `/pins/${source}?name=copied&meta-a=b`)
    const updated = await idle.ok('POST', `/pins/${cidOf('an update')}?pin-update=${source}`)
    assert.equal(updated.name, 'copied')
    assert.equal(updated.pin_update, source)
  })

  test('8: a bad origin is refused, and nothing is pinned', { timeout }, async () => {
    const { idle } = pickups()
    const cid = cidOf('bad origins')
    for (const origin of [
      'nonsense',
      '/ip4/300.1.1.1/tcp/1',
      '/ip4/1.2.3.4/tcp/4001',
      `/ip4/1.2.3.4/p2p/${peer}x`,
    ])
      assert.equal((await idle.call('POST', `/pins/${cid}?origins=${origin}`)).status, 400, origin)
    assert.equal((await idle.call('GET', `/allocations/${cid}`)).status, 404)
  })

  test('9: a good origin is kept and shown', { timeout }, async () => {
    const { idle } = pickups()
    const cid = cidOf('good origins')
    const origins = [`/ip4/1.2.3.4/tcp/4001/p2p/${peer}`, `/dns4/example.org/tcp/4001/p2p/${peer}`]
    await idle.ok('POST', `/pins/${cid}?origins=${origins.join(',')}`)
    assert.deepEqual((await idle.ok('GET', `/pins/${cid}`)).origins, origins)
    assert.deepEqual((await idle.ok('GET', `/allocations/${cid}`)).origins, origins)
  })

  test('10: pinning again overwrites, with a new time', { timeout }, async () => {
    const { idle } = pickups()
    const cid = cidOf('again')
    const first = await idle.ok('POST', `/pins/${cid}?name=first&meta-a=b`)
    const second = await idle.ok('POST', `/pins/${cid}?name=second`)
    assert.equal(second.name, 'second')
    assert.ok(Date.parse(second.timestamp) > Date.parse(first.timestamp))
    const kept = await idle.ok('GET', `/allocations/${cid}`)
    assert.equal(kept.name, 'second')
    assert.deepEqual(kept.metadata ?? {}, {})
  })

  test('11: POST is answered although no worker is awake', { timeout: 5_000 }, async () => {
    const { idle } = pickups()
    const cid = cidOf('nobody awake')
    await idle.ok('POST', `/pins/${cid}`)
    assert.equal((await idle.entry(cid)).status, 'pin_queued')
  })

  test('23: allocations and factors are those asked for', { timeout }, async () => {
    const { idle } = pickups()
    const { id } = await idle.ok('GET', '/id')
    const everywhere = await idle.ok('POST', `/pins/${cidOf('everywhere')}`)
    assert.deepEqual(everywhere.allocations, [])
    assert.equal(everywhere.replication_factor_min, -1)
    for (const factor of [1, 3]) {
      const pin = await idle.ok('POST', `/pins/${cidOf(`factor ${factor}`)}?replication=${factor}`)
      assert.deepEqual(pin.allocations, [id])
      assert.equal(pin.replication_factor_max, factor)
    }
  })

  test('29: pins of two accounts are two pins of one content', { timeout }, async () => {
    const { api, pipeline } = pickups()
    const cid = await addBytes(pipeline.kubo, testBytes(1_000, 529))
    await using producer = await connectProducer(pipeline)
    await producer.publish(pinRequestBody('other', { cid, account: 'other', name: 'theirs' }))
    await pinnedRows(pipeline, cid)
    assert.equal((await api.entry(cid)).status, 'unpinned', 'of another account')
    await api.ok('POST', `/pins/${cid}?name=ours`)
    assert.equal((await pipeline.client.settled(cid)).name, 'ours')
    await api.ok('DELETE', `/pins/${cid}`)
    assert.deepEqual(
      (await pinnedRows(pipeline, cid)).map(({ account, name, state }) => ({ account, name, state })),
      [{ account: 'other', name: 'theirs', state: 'pinned' }],
    )
  })
}
