import assert from 'node:assert/strict'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { nothingIsLeft } from './leftovers.ts'
import { allHandled } from './messages.ts'
import type { Pipeline } from './pipeline.ts'
import { storedCars } from './stored.ts'

/** Each answers the rows that must not be there, whenever it is asked. */
const neverThere = {
  'counts that differ from the pins': `
    (select account, api, state, hour, sum(pins)::int as pins, sum(car_bytes)::bigint as car_bytes
     from (select account, api, state, hour, pins, car_bytes from pin_counts
           union all select account, api, state, hour, pins, car_bytes from pin_count_changes) as counted
     group by 1, 2, 3, 4 having sum(pins) <> 0 or sum(car_bytes) <> 0)
    except
    select account, api, state, date_trunc('hour', created_at, 'UTC'), count(*)::int, coalesce(sum(car_bytes), 0)::bigint
    from pins group by 1, 2, 3, 4`,
  'contents wanted by no pin': `
    select cid, state from contents
    where state <> 'unpinned' and not exists (select from pins where pins.cid = contents.cid)`,
  'pins with another state than their content': `
    select request_id, pins.state, contents.state as content from pins join contents using (cid)
    where pins.state <> contents.state`,
}

/** And these once all work has ended. */
const notThereAtTheEnd = {
  'contents without an end': "select cid, state from contents where state in ('queued', 'pinning')",
  leases: 'select cid, step, lease_owner from jobs where lease_until > now()',
  'outbox rows': 'select id, not_before from outbox',
}

/** Checks in one statement each what holds at any time. */
export const nothingIsOrphaned = (pipeline: Pipeline): Promise<void> => noRows(pipeline, neverThere)

/**
 * Waits for the end of all work, and checks that nothing is left over: no job, lease, event or staged object, and in the
 * CAR bucket exactly the CARs of what is pinned. Unpinned CARs must be deleted at once.
 */
export async function endsWithoutOrphans(pipeline: Pipeline, { timeoutMs = 60_000 } = {}): Promise<void> {
  const quiet = () => noRows(pipeline, notThereAtTheEnd)
  await pollUntil(quiet, { what: 'the end of all work', timeoutMs, intervalMs: 200 })
  await allHandled(pipeline)
  await noRows(pipeline, notThereAtTheEnd)
  await nothingIsOrphaned(pipeline)
  await nothingIsLeft(pipeline)
  const onlyPinnedCars = async () => {
    const { rows } = await pipeline.database.query<{ car_key: string }>(
      "select distinct car_key from contents where state = 'pinned' order by 1",
    )
    const keys = (await storedCars(pipeline)).map(({ key }) => key)
    assert.deepEqual(keys.sort(), rows.map(({ car_key }) => car_key).sort())
  }
  await pollUntil(onlyPinnedCars, { what: 'the end of unpinned CARs', timeoutMs, intervalMs: 200 })
}

async function noRows({ database }: Pipeline, checks: Record<string, string>): Promise<void> {
  for (const [what, query] of Object.entries(checks)) {
    const { rows } = await database.query(query)
    assert.deepEqual(rows, [], what)
  }
}
