import type { PoolClient } from 'pg'
import type { Pipeline } from '../../e2e/pipeline.ts'

/** Rows of one statement: more of them need more memory of Postgres, and go no faster. */
const batchPins = 100_000

/**
 * Rows as pinning leaves them, without the pinning. Of 100 contents 2 are queued, 1 is being pinned, 4 have failed; the
 * others are pinned. Every 20th pin is a second one of the content before it. A pin comes every 30 s, which is a year
 * for a million. The names of nine in ten are all different, the tenth has a name that all of those share.
 */
export async function insertPins({ database }: Pipeline, account: string, pins: number): Promise<void> {
  const client = await database.connect()
  try {
    await withoutIndexes(client, async () => {
      for (let first = 1; first <= pins; first += batchPins)
        await client.query(insertion, [first, Math.min(first + batchPins - 1, pins), account])
    })
    // As autovacuum leaves them.
    for (const table of ['contents', 'pins', 'pin_count_changes'])
      await client.query(`vacuum (analyze) ${table}`)
  } finally {
    client.release(true)
  }
}

/** Builds the indexes of the pins once, afterwards, which is several times as fast. */
async function withoutIndexes(client: PoolClient, insert: () => Promise<void>): Promise<void> {
  await client.query("set maintenance_work_mem = '256MB'")
  const { rows } = await client.query<{ indexname: string; indexdef: string }>(
    "select indexname, indexdef from pg_indexes where tablename = 'pins' and indexname <> 'pins_pkey'",
  )
  for (const { indexname } of rows) await client.query(`drop index ${indexname}`)
  await insert()
  for (const { indexdef } of rows) await client.query(indexdef)
}

const insertion = `
  with numbers as (
    select i, case when i % 20 = 0 then i - 1 else i end as content
    from generate_series($1::bigint, $2::bigint) as i
  ), digits as (
    select *, translate(encode(sha256(content::text::bytea), 'hex'), '0189', 'ghij') as digits,
      case when content % 100 in (1, 51) then 'queued' when content % 100 = 21 then 'pinning'
        when content % 25 = 7 then 'failed' else 'pinned' end as state
    from numbers
  ), wanted as (
    select *, 'bafkrei' || translate(left(digits, 1), 'ij234567', 'abcdefgh') || substr(digits, 2, 50) || 'a' as cid
    from digits
  ), inserted as (
    insert into contents (cid, generation, state, attempts, car_cid, car_bucket, car_key, car_bytes, blocks,
      dag_bytes, verified_at, failure_code, failure_message)
    select cid, 1, state, 1, cid, 'cars', cid || '/' || cid || '.car', 100000, 4, 99000, now(),
      case when state = 'failed' then 'not-found' end, case when state = 'failed' then 'nobody has it' end
    from wanted where i = content
  )
  insert into pins (request_id, account, api, cid, sent_cid, name, meta, state, car_bytes, created_at)
  select gen_random_uuid(), $3, 'psa', cid, cid,
    case when i % 10 = 3 then 'nightly' else 'Backup ' || i % 365 || '/photo-' || i || '.jpg' end,
    case when i % 4 = 1 then '{}' else jsonb_build_object('app', 'app-' || i % 7, 'user', 'user-' || i % 5000) end,
    state, case when state = 'pinned' then 100000 end,
    date_trunc('milliseconds', timestamptz '2026-01-01' - interval '1 year' + i * interval '30 seconds')
  from wanted`
