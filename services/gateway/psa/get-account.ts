import { Type } from 'typebox'
import { type ContentState, tokenScopes } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { json } from '../describe-route.ts'
import { describePinningRoute } from './describe-pinning-route.ts'
import { pinStates } from './read-filter.ts'

type Deps = { countPins: (account: string) => Promise<Record<ContentState, number>> }

/** `GET /account` → whose token it is, what it may do, and how many pins the account has in each state. */
export function addGetAccount(server: HttpServer, { countPins }: Deps): void {
  server.get('/account', getAccountRoute, async ({ grant }) => {
    const { account, scopes, maxPendingPins, maxPinnedBytes } = grant
    const counted = await countPins(account)
    const pins = Object.fromEntries(pinStates.map(state => [state, counted[state]]))
    return { account, scopes, pins, limits: { maxPendingPins, maxPinnedBytes } }
  })
}

const count = Type.Integer({ minimum: 0 })
const limit = (description: string) => Type.Union([count, Type.Null()], { description })

const accountSchema = Type.Object({
  account: Type.String(),
  scopes: Type.Array(Type.Enum([...tokenScopes]), { description: 'Of the token' }),
  pins: Type.Object(Object.fromEntries(pinStates.map(state => [state, count]))),
  limits: Type.Object({
    maxPendingPins: limit('Pins that are not final; null for no limit'),
    maxPinnedBytes: limit('Of all CARs; null for no limit'),
  }),
})

const getAccountRoute = describePinningRoute({
  summary: 'The account of the token, its rights and its pins by state',
  description: 'Counts come from counters, and cost the same for any number of pins.',
  answers: { 200: json(accountSchema) },
})
