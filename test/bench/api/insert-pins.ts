import type { Pipeline } from '../../e2e/pipeline.ts'

/**
 * Rows as pinning writes them, without the pinning: contents that are pinned, each with one pin of the account
 * `default`. Numbers are from `first` up to `last`. The CIDs are valid, of the raw codec, and evenly spread.
 */
export async function insertPinned({ database }: Pipeline, first: number, last: number): Promise<void> {
  await database.query(
    `with numbers as (
       select i, translate(encode(sha256(i::text::bytea), 'hex'), '0189', 'ghij') as digits
       from generate_series($1::bigint, $2::bigint) as i
     ), cids as (
       select i, 'bafkrei' || translate(left(digits, 1), 'ij234567', 'abcdefgh') || substr(digits, 2, 50) || 'a' as cid
       from numbers
     ), inserted as (
       insert into contents (cid, generation, state, attempts, car_cid, car_bucket, car_key, car_bytes, blocks, dag_bytes,
         verified_at, indexed_at, bridged_at)
       select cid, 1, 'pinned', 1, cid, 'cars', cid || '/' || cid || '.car', 100000, 4, 99000, now(), now(), now() from cids
     )
     insert into pins (request_id, account, api, cid, sent_cid, name, state, car_bytes)
     select 'bench-' || i, 'default', 'cluster', cid, cid, 'pin ' || i, 'pinned', 100000 from cids`,
    [first, last],
  )
  await database.query('analyze contents, pins')
}

/** Some of the CIDs that are pinned, spread over all of them. */
export async function somePinned({ database }: Pipeline, count: number): Promise<string[]> {
  const { rows } = await database.query<{ cid: string }>(
    "select cid from pins where state = 'pinned' order by md5(cid) limit $1",
    [count],
  )
  return rows.map(({ cid }) => cid)
}
