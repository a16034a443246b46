import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildTree, testBytes } from '#libs/car/testing/build-car.ts'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { addBlocks, addBytes } from '../content.ts'
import type { Pickups } from './cluster-api.ts'

const timeout = 60_000

/** What is shown of the work on a content, and what starts it again. */
export function testStatus(pickups: () => Pickups): void {
  test('17: a running download is shown as pinning', { timeout }, async () => {
    const { api, pipeline } = pickups()
    const dag = buildTree({ leaves: 4, leafBytes: 100, seed: 517 })
    const cid = await addBlocks(pipeline.kubo, { ...dag, blocks: dag.blocks.slice(0, -1) })
    await api.ok('POST', `/pins/${cid}`)
    await pipeline.client.settled(cid, { until: ({ status }) => status === 'pinning' })
    assert.ok((await api.list('/pins?filter=pinning')).some(found => found.cid === cid))
    await api.ok('DELETE', `/pins/${cid}`)
  })

  async function failedPin(what: string): Promise<string> {
    const { api, pipeline } = pickups()
    const cid = rawBlock(`nobody has it, ${what}`).cid.toString()
    await api.ok('POST', `/pins/${cid}`)
    assert.equal((await pipeline.client.settled(cid)).status, 'pin_error')
    return cid
  }

  test('18: a failed pin says why', { timeout }, async () => {
    const { api } = pickups()
    const cid = await failedPin('and the old pickup said nothing')
    assert.match((await api.entry(cid)).error, /^not-found: .+/)
    assert.equal((await api.ok('GET', `/pins/${cid}`)).failure.code, 'not-found')
  })

  test('19: attempts are counted', { timeout }, async () => {
    const entry = await pickups().api.entry(await failedPin('however often it is tried'))
    assert.ok(entry.attempt_count > 0)
    assert.equal(typeof entry.priority_pin, 'boolean')
  })

  test('20: the time of an entry is that of its last change', { timeout }, async () => {
    const { api, pipeline } = pickups()
    const cid = await addBytes(pipeline.kubo, testBytes(1_000, 520))
    await api.ok('POST', `/pins/${cid}`)
    await pipeline.client.settled(cid)
    const pinned = await api.entry(cid)
    assert.deepEqual(await api.entry(cid), pinned)
  })

  test('25: recover starts what failed again, and only that', { timeout }, async () => {
    const { api, pipeline } = pickups()
    const failed = await failedPin('until it is recovered')
    const { peer_map } = await api.ok('POST', `/pins/${failed}/recover`)
    const [entry] = Object.values<{ status: string; error: string }>(peer_map)
    assert.equal(entry?.status, 'pin_queued')
    assert.equal(entry.error, '')
    assert.equal((await pipeline.client.settled(failed)).status, 'pin_error')
    const recovered = await api.list('/pins/recover', 'POST')
    assert.ok(recovered.some(({ cid }) => cid === failed))
    for (const { peer_map } of recovered)
      assert.deepEqual(
        Object.values<{ status: string }>(peer_map).map(({ status }) => status),
        ['pin_queued'],
      )
  })

  test('26: what failed for good is pinned once it can be, by a POST', { timeout }, async () => {
    const { api, pipeline } = pickups()
    const bytes = testBytes(1_000, 526)
    const cid = rawBlock(bytes).cid.toString()
    await api.ok('POST', `/pins/${cid}`)
    assert.equal((await pipeline.client.settled(cid)).status, 'pin_error')
    await addBytes(pipeline.kubo, bytes)
    await api.ok('POST', `/pins/${cid}`)
    assert.notEqual((await api.entry(cid)).status, 'pin_error', 'the old error is gone before POST returns')
    assert.equal((await pipeline.client.settled(cid)).status, 'pinned')
  })
}
