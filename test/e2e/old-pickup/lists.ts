import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import type { Pickups } from './cluster-api.ts'

const timeout = 30_000
const cidOf = (what: string | number) => rawBlock(`listed of the old pickup, ${what}`).cid.toString()

type Listed = { cid: string; peer_map: Record<string, { status: string }> }
const statusOf = ({ peer_map }: Listed) => Object.values(peer_map)[0]?.status

/** GET /pins in all its forms. */
export function testLists(pickups: () => Pickups): void {
  test('12: GET /pins without CIDs lists every pin', { timeout }, async () => {
    const { idle } = pickups()
    const cids = [1, 2, 3].map(cidOf)
    for (const cid of cids) await idle.ok('POST', `/pins/${cid}`)
    const listed = new Set((await idle.list('/pins')).map(({ cid }) => cid))
    assert.deepEqual(
      cids.filter(cid => !listed.has(cid)),
      [],
    )
  })

  test('13: filter and local are honoured', { timeout }, async () => {
    const { idle } = pickups()
    const cid = cidOf('filtered')
    await idle.ok('POST', `/pins/${cid}`)
    const cidsOf = async (query: string) => (await idle.list(`/pins?${query}`)).map(found => found.cid)
    assert.ok((await cidsOf('filter=pin_queued')).includes(cid))
    assert.ok((await cidsOf('filter=queued,error&local=true')).includes(cid))
    assert.deepEqual(await cidsOf('filter=pinned'), [])
    assert.equal((await idle.call('GET', '/pins?filter=bogus')).status, 400)
    assert.equal((await idle.call('GET', '/pins?filter=bogus,pinned')).status, 200)
  })

  test('14: a list is a stream of lines with a type, a last newline and a trailer', { timeout }, async () => {
    const { idle } = pickups()
    for (const name of ['a', 'b']) await idle.ok('POST', `/pins/${cidOf(name)}`)
    for (const target of ['/pins', '/allocations', '/peers']) {
      const { headers, body, trailers } = await idle.call('GET', target)
      assert.match(headers['content-type']?.toString() ?? '', /^application\/json/)
      assert.equal(headers['trailer']?.toString().toLowerCase(), 'x-stream-error')
      assert.equal(headers['transfer-encoding'], 'chunked')
      assert.deepEqual(trailers, { 'x-stream-error': '' })
      assert.match(body, /^(\{.*\}\n)+$/)
    }
  })

  test('15: a CID that is asked for twice is answered twice', { timeout }, async () => {
    const { idle } = pickups()
    const [known, unknown] = [cidOf('known'), cidOf('unknown')]
    await idle.ok('POST', `/pins/${known}`)
    const found: Listed[] = await idle.list(`/pins?cids=${[known, unknown, known].join()}`)
    assert.deepEqual(
      found.map(one => [one.cid, statusOf(one)]).toSorted(([a = ''], [b = '']) => a.localeCompare(b)),
      [
        [known, 'pin_queued'],
        [known, 'pin_queued'],
        [unknown, 'unpinned'],
      ].toSorted(([a = ''], [b = '']) => a.localeCompare(b)),
    )
  })

  test('16: of many CIDs none is shown as unpinned by mistake', { timeout }, async () => {
    const { idle } = pickups()
    const cids = Array.from({ length: 300 }, (_, i) => cidOf(`of many ${i}`))
    await Promise.all(cids.map(cid => idle.ok('POST', `/pins/${cid}`)))
    const found: Listed[] = await idle.list(`/pins?cids=${cids.join()}`)
    assert.deepEqual(new Set(found.map(statusOf)), new Set(['pin_queued']))
    assert.equal(found.length, cids.length)
  })

  test('21: times of a CID that is not pinned can be read', { timeout }, async () => {
    const { created, peer_map } = await pickups().idle.ok('GET', `/pins/${cidOf('never pinned')}`)
    assert.ok(!Number.isNaN(Date.parse(created)))
    const [entry] = Object.values<{ timestamp: string }>(peer_map)
    assert.ok(!Number.isNaN(Date.parse(entry?.timestamp ?? '')))
  })
}
