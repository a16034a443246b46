import type { ContentPool, Life } from './content-pool.ts'
import type { Installation } from './installation.ts'
import { type Entry, expectedPins } from './ledger.ts'

type PinRow = { request_id: string; api: string; cid: string; name: string; state: string }
type ContentRow = {
  cid: string
  state: string
  pins: number
  failure_code: string | null
  car_cid: string | null
  car_key: string | null
}

/** What was found wrong, as sentences, and what was counted. */
export type Findings = { violations: string[]; figures: Record<string, number> }

/** How a content may end, by what its peer has of it. */
const endsOf: Record<Life, readonly string[]> = {
  living: ['pinned'],
  uploaded: ['pinned'],
  dead: ['failed not-found'],
  // The last attempt tells the reason, and its peer may just have been gone.
  broken: ['failed stalled', 'failed dag-incomplete', 'failed timed-out', 'failed not-found'],
}

/** Compares what clients were told with what there is. */
export async function checkPins(
  { pipeline }: Installation,
  pool: ContentPool,
  entries: readonly Entry[],
): Promise<Findings> {
  const { rows: pins } = await pipeline.database.query<PinRow>(
    'select request_id, api, cid, name, state from pins',
  )
  const lost = lostAndUndead(entries, pins)
  const maybeDone = entries.filter(({ outcome }) => outcome !== 'refused')
  const names = new Set(maybeDone.map(({ operation }) => operation))
  const unexplained = pins.filter(({ name }) => !names.has(name))
  const repeated = pins.filter(({ name }, i) => pins.findIndex(pin => pin.name === name) !== i)
  const contents = await contentsOf(pipeline)
  const wrong = contents.flatMap(content => wrongEnd(content, pool))
  const copies = pins.filter(({ cid, state }) => contents.find(one => one.cid === cid)?.state !== state)
  return {
    violations: [
      ...lost.lost.map(pin => `LOST: ${pin}`),
      ...lost.undead.map(pin => `removed, and there all the same: ${pin}`),
      ...unexplained.map(({ request_id, cid }) => `nobody asked for pin ${request_id} of ${cid}`),
      ...repeated.map(({ request_id, name }) => `${name} made more than one pin, ${request_id} among them`),
      ...wrong,
      ...copies.map(({ request_id, state }) => `pin ${request_id} says ${state}, its content does not`),
    ],
    figures: { lost: lost.lost.length, wrong: wrong.length, pins: pins.length, contents: contents.length },
  }
}

function lostAndUndead(entries: readonly Entry[], pins: readonly PinRow[]) {
  const found = new Set(
    pins.map(({ api, cid, request_id }) => `${api} ${api === 'cluster' ? cid : request_id}`),
  )
  const expected = expectedPins(entries)
  const describe = ({ way, pin, cid }: (typeof expected)[number]) => `${way} pin ${pin} of ${cid}`
  return {
    lost: expected
      .filter(({ way, pin, expectation }) => expectation === 'there' && !found.has(`${way} ${pin}`))
      .map(describe),
    undead: expected
      .filter(({ way, pin, expectation }) => expectation === 'gone' && found.has(`${way} ${pin}`))
      .map(describe),
  }
}

/** A content without pins ends `unpinned`; it may have been removed before it was found out whether it lives. */
function wrongEnd({ cid, state, pins, failure_code: code }: ContentRow, pool: ContentPool): string[] {
  const life = pool.contents.get(cid)?.life
  if (life === undefined) return [`nobody made content ${cid}`]
  const end = code === null ? state : `${state} ${code}`
  if (pins === 0) return state === 'unpinned' ? [] : [`content ${cid} has no pins, and is ${end}`]
  return endsOf[life].includes(end) ? [] : [`${life} content ${cid} ended ${end}`]
}

/** Every content, with how many pins want it. */
export async function contentsOf({ database }: Installation['pipeline']): Promise<ContentRow[]> {
  const { rows } = await database.query<ContentRow>(
    `select cid, state, failure_code, car_cid, car_key,
       (select count(*)::integer from pins where pins.cid = contents.cid) as pins from contents`,
  )
  return rows
}
