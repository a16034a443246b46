import { Type } from 'typebox'
import type { AcceptedPin, PsaFilter, Setback } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { json } from '../describe-route.ts'
import { describePinningRoute } from './describe-pinning-route.ts'
import type { PinStatusOf } from './pin-status.ts'
import { type DefaultStatus, readFilter } from './read-filter.ts'

type Deps = {
  pinsOf: (
    account: string,
    filter: PsaFilter,
    limit: number,
  ) => Promise<{ count: number; page: AcceptedPin[] }>
  setbacksOf: (cids: readonly string[]) => Promise<ReadonlyMap<string, Setback>>
  statusOf: PinStatusOf
  defaultStatus: DefaultStatus
}

/** `GET /pins` → the newest pins that match, and how many do in all. */
export function addListPins(server: HttpServer, { pinsOf, setbacksOf, statusOf, defaultStatus }: Deps): void {
  server.get('/pins', listPinsRoute, async ({ url, grant }) => {
    const { filter, limit } = readFilter(url, defaultStatus)
    const { count, page } = await pinsOf(grant.account, filter, limit)
    const running = page.filter(({ content }) => content.state === 'pinning')
    const setbacks = await setbacksOf(running.map(({ content }) => content.cid))
    return {
      count,
      results: page.map(accepted => statusOf(accepted, { setback: setbacks.get(accepted.content.cid) })),
    }
  })
}

const listPinsRoute = describePinningRoute({
  summary: 'Pins of the account, the newest first',
  description:
    'All filters must hold. The next page begins `before` the `created` of the last pin. Lists may be divided by commas, or repeated.',
  query: {
    cid: Type.String({ description: 'Any of up to 10 CIDs, in any form' }),
    name: Type.String({ maxLength: 255 }),
    match: Type.Enum(['exact', 'iexact', 'partial', 'ipartial'], { description: 'How `name` is compared' }),
    status: Type.String({
      description:
        'Any of `queued`, `pinning`, `pinned`, `failed`. Without it: `pinned`; all where `name` and `match` are given and `cid` is not, unless the setting PSA_DEFAULT_STATUS is `strict`',
    }),
    before: Type.String({ format: 'date-time', description: 'Created before' }),
    after: Type.String({ format: 'date-time', description: 'Created after' }),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 10 }),
    meta: Type.String({ description: 'JSON object; all of its pairs must be in the metadata of the pin' }),
  },
  answers: { 200: json('PsaPinResults') },
})
