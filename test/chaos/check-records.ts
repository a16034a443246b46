import { deadLettersOf } from '../e2e/dead-letters.ts'
import type { Findings } from './check-pins.ts'
import type { Installation } from './installation.ts'

/** The counters agree with the pins, and nothing was given up on twice. */
export async function checkRecords({ pipeline }: Installation): Promise<Findings> {
  const letters = await deadLettersOf(pipeline)
  const ids = letters.map(({ subject, body }) => `${subject.split('.').slice(0, -1).join('.')} ${idOf(body)}`)
  const repeated = ids.filter((id, i) => ids.indexOf(id) !== i)
  return {
    violations: [
      ...repeated.map(id => `several dead letters of ${id}`),
      ...(await wrongCounts(pipeline)).map(count => `the counters disagree with the pins: ${count}`),
    ],
    figures: { 'dead letters': letters.length, 'repeated dead letters': repeated.length },
  }
}

const idOf = (body: string): string => JSON.parse(body).id

async function wrongCounts({ database }: Installation['pipeline']): Promise<string[]> {
  const { rows } = await database.query<{ item: string }>(
    `with counted as (
       select account, api, state, sum(pins) as pins, sum(car_bytes) as car_bytes from (
         select account, api, state, pins, car_bytes from pin_counts
         union all select account, api, state, pins, car_bytes from pin_count_changes
       ) as parts group by account, api, state
     ), actual as (
       select account, api, state, count(*) as pins, coalesce(sum(car_bytes), 0) as car_bytes
       from pins group by account, api, state
     )
     select concat_ws(' ', account, api, state, 'counted', counted.pins, counted.car_bytes, 'actual', actual.pins, actual.car_bytes) as item
     from counted full join actual using (account, api, state)
     where coalesce(counted.pins, 0) <> coalesce(actual.pins, 0)
        or coalesce(counted.car_bytes, 0) <> coalesce(actual.car_bytes, 0)`,
  )
  return rows.map(({ item }) => item)
}
