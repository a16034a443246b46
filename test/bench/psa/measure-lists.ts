import assert from 'node:assert/strict'
import type { Pipeline } from '../../e2e/pipeline.ts'
import { type Quantiles, quantilesOf } from '../statistics.ts'
import { insertPins } from './insert-pins.ts'

/** Pages of 10 with one filter. `first` is the first of them, when nothing of it is known yet. */
export type ListRow = Quantiles & { filter: string; count: number; firstMs: number }

type Sizes = { pins: number; pages: number }
type Filter = { name: string; query: Record<string, string>; where: string }

/** Lists of an account of its own with so many pins, over HTTP, one request after the other. */
export async function measureLists(
  pipeline: Pipeline,
  token: string,
  { pins, pages }: Sizes,
  note: (row: ListRow) => void,
): Promise<void> {
  await insertPins(pipeline, 'lists', pins)
  for (const filter of await filtersOf(pipeline)) note(await measureFilter(pipeline, token, filter, pages))
}

async function measureFilter(
  { gatewayUrl, database }: Pipeline,
  token: string,
  { name, query, where }: Filter,
  pages: number,
): Promise<ListRow> {
  const url = `${gatewayUrl}/psa/pins?${new URLSearchParams(query).toString()}`
  const headers = { authorization: `Bearer ${token}` }
  const timesMs: number[] = []
  let count = 0
  for (let page = 0; page <= pages; page++) {
    const startedAt = performance.now()
    const answer = await fetch(url, { headers })
    const body = (await answer.json()) as { count: number }
    timesMs.push(performance.now() - startedAt)
    assert.equal(answer.status, 200, JSON.stringify(body))
    count = body.count
  }
  const { rows } = await database.query<{ count: number }>(
    `select count(*)::int as count from pins where account = 'lists' and ${where}`,
  )
  assert.equal(count, rows[0]?.count, name)
  const [firstMs = 0, ...others] = timesMs
  return { filter: name, count, firstMs, ...quantilesOf(others) }
}

const all = { status: 'queued,pinning,pinned,failed' }

/** Every filter of the API, broad and narrow, and mixes of them. */
async function filtersOf({ database }: Pipeline): Promise<Filter[]> {
  const { rows } = await database.query<{ cid: string; at: Date; middle: Date; later: Date }>(
    `select min(cid) as cid, percentile_disc(0.3) within group (order by created_at) as at,
       percentile_disc(0.5) within group (order by created_at) as middle,
       percentile_disc(0.6) within group (order by created_at) as later
     from pins where account = 'lists' and state = 'pinned'`,
  )
  const [some] = rows
  if (!some) throw new Error('there are no pins')
  const { cid } = some
  const others = await database.query<{ cid: string }>(
    `select cid from pins where account = 'lists' order by md5(cid) limit 10`,
  )
  const cids = others.rows.map(row => row.cid)
  const [middle, later] = [some.middle.toISOString(), some.later.toISOString()]
  const filter = (name: string, query: Record<string, string>, where: string): Filter => ({
    name,
    query,
    where,
  })
  return [
    filter('none (pinned)', {}, "state = 'pinned'"),
    filter('status: all', all, 'true'),
    filter('status: failed', { status: 'failed' }, "state = 'failed'"),
    filter('status: queued, pinning', { status: 'queued,pinning' }, "state in ('queued', 'pinning')"),
    filter('before the middle', { before: middle }, `state = 'pinned' and created_at < '${middle}'`),
    filter('after the middle', { after: middle }, `state = 'pinned' and created_at > '${middle}'`),
    filter(
      'before and after, all',
      { ...all, before: later, after: middle },
      `created_at < '${later}' and created_at > '${middle}'`,
    ),
    filter('cid', { ...all, cid }, `cid = '${cid}'`),
    filter('10 cids', { ...all, cid: cids.join() }, `cid in (${cids.map(one => `'${one}'`).join()})`),
    filter('name, one pin', { ...all, name: 'Backup 1/photo-1.jpg' }, "name = 'Backup 1/photo-1.jpg'"),
    filter('name, no pin', { ...all, name: 'none' }, "name = 'none'"),
    filter('name, a tenth', { name: 'nightly' }, "state = 'pinned' and name = 'nightly'"),
    filter(
      'name, a tenth, failed',
      { name: 'nightly', status: 'failed' },
      "state = 'failed' and name = 'nightly'",
    ),
    filter(
      'iexact, one pin',
      { ...all, name: 'BACKUP 1/PHOTO-1.JPG', match: 'iexact' },
      "lower(name) = 'backup 1/photo-1.jpg'",
    ),
    filter('partial, 0.3 %', { ...all, name: 'Backup 17/', match: 'partial' }, "name like '%Backup 17/%'"),
    filter('ipartial, a tenth', { ...all, name: 'NIGHT', match: 'ipartial' }, "name ilike '%night%'"),
    filter('partial, nine tenths', { ...all, name: 'photo', match: 'partial' }, "name like '%photo%'"),
    filter('partial, two letters', { ...all, name: 'x-', match: 'partial' }, "name like '%x-%'"),
    filter('meta, 0.01 %', { ...all, meta: '{"user":"user-2"}' }, `meta @> '{"user":"user-2"}'`),
    filter('meta, a tenth', { ...all, meta: '{"app":"app-1"}' }, `meta @> '{"app":"app-1"}'`),
    filter(
      'meta and status',
      { status: 'failed', meta: '{"app":"app-1"}' },
      `state = 'failed' and meta @> '{"app":"app-1"}'`,
    ),
    filter(
      'meta, name part and before',
      { ...all, meta: '{"app":"app-1"}', name: 'photo', match: 'ipartial', before: middle },
      `created_at < '${middle}' and meta @> '{"app":"app-1"}' and name ilike '%photo%'`,
    ),
    filter(
      'name part, failed, after',
      { status: 'failed', name: 'photo', match: 'partial', after: middle },
      `state = 'failed' and created_at > '${middle}' and name like '%photo%'`,
    ),
    filter(
      'cid, name and meta',
      { ...all, cid: cids.join(), name: 'photo', match: 'partial', meta: '{"app":"app-1"}' },
      `cid in (${cids.map(one => `'${one}'`).join()}) and name like '%photo%' and meta @> '{"app":"app-1"}'`,
    ),
  ]
}
