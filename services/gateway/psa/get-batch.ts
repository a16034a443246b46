import { Type } from 'typebox'
import type { AcceptedPin } from '#libs/db/index.ts'
import { HttpError, type HttpServer } from '#libs/http/index.ts'
import { queryOf } from '../cluster/query-of.ts'
import { json } from '../describe-route.ts'
import { describePinningRoute } from './describe-pinning-route.ts'
import { isRequestId } from './found-pin.ts'
import type { PinStatusOf } from './pin-status.ts'

type Deps = {
  findPins: (which: { account: string; requestIds: readonly string[] }) => Promise<AcceptedPin[]>
  statusOf: PinStatusOf
  maxPins: number
}

/** `GET /batch?requestid=a,b` → the pins in the order in which they were asked for, without those that there are not. */
export function addGetBatch(server: HttpServer, { findPins, statusOf, maxPins }: Deps): void {
  server.get('/batch', getBatchRoute, async ({ url, grant }) => {
    const requestIds = readRequestIds(queryOf(url).getAll('requestid'), maxPins)
    const found = await findPins({ account: grant.account, requestIds: requestIds.filter(isRequestId) })
    const byId = new Map(found.map(accepted => [accepted.pin.requestId, accepted]))
    return requestIds.flatMap(id => byId.get(id) ?? []).map(accepted => statusOf(accepted))
  })
}

function readRequestIds(values: readonly string[], maxPins: number): string[] {
  const ids = [...new Set(values.flatMap(value => value.split(',')).map(id => id.trim()))]
  const given = ids.filter(id => id !== '')
  if (given.length === 0 || given.length > maxPins)
    throw new HttpError(400, `requestid: must be 1 to ${maxPins} request ids, divided by commas`)
  return given
}

const getBatchRoute = describePinningRoute({
  summary: 'Some pins by their request ids',
  description: 'In the order of the ids. One that the account has no pin of is left out.',
  query: { requestid: Type.String({ description: 'Request ids, divided by commas, or repeated' }) },
  answers: { 200: json(Type.Array(Type.Ref('PsaPinStatus#'))) },
})
