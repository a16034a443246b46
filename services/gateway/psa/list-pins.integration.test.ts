import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base36 } from 'multiformats/bases/base36'
import { CID } from 'multiformats/cid'
import { type PinningApp, startPinningApp } from './testing/pinning-app.ts'
import { cidOf, v0, v1 } from './testing/test-cids.ts'

const timeout = 30_000
const all = 'status=queued,pinning,pinned,failed'
type Client = Awaited<ReturnType<PinningApp['client']>>
let app: PinningApp
let user: Client
/** The `created` of the pins, the oldest first. */
const created: string[] = []

const pins = [
  { cid: cidOf('0'), name: 'Apple Pie', meta: { kind: 'a', n: '0' } },
  { cid: cidOf('1'), name: 'apple', meta: { kind: 'a', n: '1' } },
  { cid: v0, name: 'policy/x/mfs', meta: { kind: 'b' } },
  { cid: cidOf('3'), name: '100% + ä' },
  { cid: cidOf('4') },
]
before(async () => {
  app = await startPinningApp()
  user = await app.client('lister')
  for (const pin of pins) created.push((await user.add(pin)).body.created)
  await app.setState(cidOf('0'), { state: 'pinned' })
  await app.setState(cidOf('1'), { state: 'failed', failureCode: 'stalled', failureMessage: 'x' })
  await app.setState(v1, { state: 'pinning' })
})
after(() => app[Symbol.asyncDispose]())

/** The CIDs that a query finds, the newest first; their number must be `count`. */
async function found(query: string, client = user): Promise<string[]> {
  const { status, headers, body } = await client.list(`?${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(headers['content-type'], 'application/json')
  const cids = body.results.map(({ pin }: { pin: { cid: string } }) => pin.cid)
  assert.equal(body.count, cids.length)
  return cids
}
const newestFirst = pins.map(({ cid }) => cid).toReversed()

test('an account without pins has an empty list', { timeout }, async () => {
  const { status, body } = await (await app.client('empty')).list()
  assert.deepEqual([status, body], [200, { count: 0, results: [] }])
})

test('without a status the pinned ones are meant', { timeout }, async () => {
  for (const query of ['', `cid=${cidOf('0')},${v1}`, 'name=Apple%20Pie', 'limit=1000', 'match=partial'])
    assert.deepEqual(await found(query), [cidOf('0')], query)
})

test('who looks for a name with a match, and no CID, means all states', { timeout }, async () => {
  assert.deepEqual(await found('name=apple&match=exact'), [cidOf('1')])
  assert.deepEqual(await found('name=APPLE&match=ipartial'), [cidOf('1'), cidOf('0')])
  assert.deepEqual(await found(`name=apple&match=exact&cid=${cidOf('1')}`), [])
  assert.deepEqual(await found('name=apple&match=exact&status=pinned'), [])
})

test('where the setting is strict, only the pinned ones are meant there too', { timeout }, async () => {
  await using strict = await startPinningApp({ settings: { PSA_DEFAULT_STATUS: 'strict' } })
  const client = await strict.client('lister')
  await client.add({ cid: v0, name: 'apple' })
  assert.deepEqual(await found('name=apple&match=exact', client), [])
  await strict.setState(v1, { state: 'pinned' })
  assert.deepEqual(await found('name=apple&match=exact', client), [v0])
})

test('states are a list in any writing', { timeout }, async () => {
  for (const query of [
    'status=failed,pinned',
    'status=failed%2Cpinned',
    'status=failed&status=pinned',
    'status=pinned,failed,,pinned',
  ])
    assert.deepEqual(await found(query), [cidOf('1'), cidOf('0')], query)
  assert.deepEqual(await found('status='), [cidOf('0')])
  assert.deepEqual(await found(all), newestFirst)
})

test('a CID is found by any of its forms', { timeout }, async () => {
  for (const cid of [v0, v1, CID.parse(v1).toString(base36)])
    assert.deepEqual(await found(`${all}&cid=${cidOf('4')},${cid},${cidOf('none')}`), [cidOf('4'), v0])
})

test('names are matched in four ways', { timeout }, async () => {
  for (const [query, cids] of [
    ['name=apple', [cidOf('1')]],
    ['name=Apple', []],
    ['name=APPLE&match=iexact', [cidOf('1')]],
    ['name=pple&match=partial', [cidOf('1'), cidOf('0')]],
    ['name=PPLE&match=partial', []],
    ['name=PPLE&match=ipartial', [cidOf('1'), cidOf('0')]],
    ['name=policy%2Fx%2Fmfs', [v0]],
    ['name=100%25+%2B+%C3%A4', [cidOf('3')]],
    ['name=%25&match=partial', [cidOf('3')]],
  ] as const)
    assert.deepEqual(await found(`${all}&${query}`), cids, query)
})

test('all pairs of the metadata must be there, in any writing', { timeout }, async () => {
  const encoded = (meta: object) => `meta=${encodeURIComponent(JSON.stringify(meta))}`
  for (const [query, cids] of [
    [encoded({ kind: 'a' }), [cidOf('1'), cidOf('0')]],
    [encoded({ kind: 'a', n: '1' }), [cidOf('1')]],
    [encoded({ kind: 'b', n: '1' }), []],
    ['meta[kind]=a&meta[n]=1', [cidOf('1')]],
    ['meta%5Bkind%5D=b', [v0]],
    [encoded({}), newestFirst],
  ] as const)
    assert.deepEqual(await found(`${all}&${query}`), cids, query)
})

test('before and after are strict, and count like every other filter', { timeout }, async () => {
  const [first = '', second = '', third = '', fourth = ''] = created
  assert.deepEqual(await found(`${all}&before=${third}`), [cidOf('1'), cidOf('0')])
  assert.deepEqual(await found(`${all}&after=${third}`), [cidOf('4'), cidOf('3')])
  assert.deepEqual(await found(`${all}&after=${first}&before=${fourth}`), [v0, cidOf('1')])
  const withNanoseconds = second.replace('Z', '000000+00:00')
  assert.deepEqual(await found(`${all}&before=${withNanoseconds}`), [cidOf('0')])
  assert.deepEqual(await found(`${all}&before=${second.replace('Z', '5Z')}`), [cidOf('1'), cidOf('0')])
  assert.deepEqual(
    await found(`${all}&after=0001-01-01T00:00:00Z&before=9999-12-31T23:59:59-23:00`),
    newestFirst,
  )
})

test('pages by the time of the last pin lose and repeat nothing, and the count is of all that are left', {
  timeout,
}, async () => {
  const client = await app.client('pager')
  const sent = Array.from({ length: 25 }, (_, i) => cidOf(`page ${i}`))
  for (const cid of sent) await client.add({ cid })
  const seen: string[] = []
  for (let before = ''; ; ) {
    const { body } = await client.list(`?status=queued${before}`)
    assert.equal(body.count, sent.length - seen.length)
    assert.equal(body.results.length, Math.min(10, body.count))
    seen.push(...body.results.map(({ pin }: { pin: { cid: string } }) => pin.cid))
    // The rule of boxo's client: the last page is the one with all that is left.
    if (body.count === body.results.length) break
    before = `&before=${body.results.at(-1).created}`
  }
  assert.deepEqual(seen, sent.toReversed())
})

test('a page has as many pins as asked for, and the count ignores that', { timeout }, async () => {
  for (const limit of [1, 3]) {
    const { body } = await user.list(`?${all}&limit=${limit}`)
    assert.deepEqual([body.count, body.results.length], [pins.length, limit])
  }
})

test('a filter that breaks a rule is 400 and names itself', { timeout }, async () => {
  const eleven = Array.from({ length: 11 }, (_, i) => cidOf(`${i}`)).join()
  for (const [query, details] of [
    ['cid=nonsense', /^cid: /],
    [`cid=${eleven}`, /^cid: .*10/],
    ['status=done', /^status: .*queued/],
    ['match=like', /^match: .*iexact/],
    [`name=${'n'.repeat(256)}`, /^name: .*255/],
    ['name=a%00b', /^name: /],
    ['before=yesterday', /^before: .*RFC 3339/],
    ['after=2020-02-30T00:00:00Z', /^after: /],
    ['limit=0', /^limit: .*1 to 1000/],
    ['limit=1001', /^limit: /],
    ['limit=ten', /^limit: /],
    ['limit=', /^limit: /],
    ['limit=1e2', /^limit: /],
    ['meta=kind', /^meta: .*JSON/],
    ['meta=[]', /^meta: /],
    ['meta=%7B%22a%22%3A1%7D', /^meta\.a: /],
    ['meta[a]=%00', /^meta\.a: /],
  ] as const) {
    const { status, body } = await user.list(`?${query}`)
    assert.equal(status, 400, query)
    assert.equal(body.error.reason, 'BAD_REQUEST')
    assert.match(body.error.details, details)
  }
})
