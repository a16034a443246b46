import { Type } from 'typebox'
import type { DeadLetter, DeadLetters } from '#libs/bus/index.ts'
import type { Discarded, Replayed } from '#libs/dead-letters/index.ts'
import { HttpError, type HttpServer } from '#libs/http/index.ts'
import { queryOf } from '../cluster/query-of.ts'
import { json } from '../describe-route.ts'
import { count, describeOperatorRoute, instant } from './describe-operator-route.ts'

type Deps = {
  letters: () => Pick<DeadLetters, 'list' | 'get'>
  replay: (id: number, actor: string) => Promise<Replayed>
  discard: (id: number, actor: string) => Promise<Discarded>
}

type Params = { Params: { id: string } }

const maxLimit = 50
const defaultLimit = 25

/** `GET /dead-letters`, `GET`, `DELETE /dead-letters/{id}` and `POST /dead-letters/{id}/replay`. */
export function addDeadLetterRoutes(server: HttpServer, { letters, replay, discard }: Deps): void {
  server.get('/dead-letters', listRoute, async ({ url }) => {
    const query = queryOf(url)
    const after = readWhole('after', query.get('after') ?? '0')
    const limit = readWhole('limit', query.get('limit') ?? String(defaultLimit))
    if (limit < 1 || limit > maxLimit) throw new HttpError(400, `limit: must be from 1 to ${maxLimit}`)
    const page = await letters().list({ after, limit })
    return { letters: page.letters.map(factsOf), next: page.next ?? null }
  })
  server.get<Params>('/dead-letters/:id', showRoute, async ({ params }) => {
    const letter = await letters().get(readWhole('id', params.id))
    if (!letter) throw noLetter()
    return { ...factsOf(letter), body: Buffer.from(letter.body).toString() }
  })
  server.post<Params>('/dead-letters/:id/replay', replayRoute, async ({ params, grant }) => {
    const replayed = await replay(readWhole('id', params.id), actorOf(grant))
    if (replayed.outcome === 'gone') throw noLetter()
    if (replayed.outcome === 'refused') throw new HttpError(422, replayed.why)
    return replayed
  })
  server.delete<Params>('/dead-letters/:id', discardRoute, async ({ params, grant }) => {
    const discarded = await discard(readWhole('id', params.id), actorOf(grant))
    if (discarded.outcome === 'gone') throw noLetter()
    return discarded
  })
}

/** In the audit, beside the `cli:` of those at a terminal. */
const actorOf = ({ account }: { account: string }) => `operator:${account}`

const noLetter = () => new HttpError(404, 'there is no such dead letter: it was replayed or discarded')

const factsOf = ({ body, key: _key, ...facts }: DeadLetter) => ({ ...facts, bytes: body.length })

function readWhole(name: string, given: string): number {
  if (!/^\d{1,15}$/.test(given)) throw new HttpError(400, `${name}: must be a whole number`)
  return Number(given)
}

const text = (description: string) => Type.String({ description })
const facts = {
  id: count('What it is called by'),
  consumer: text('Whose message it was'),
  subject: text('Of the message'),
  code: text('Why it was given up'),
  reason: text('What happened'),
  source: text('Who gave it up: `worker`, `advisory` or `sweeper`'),
  deliveries: count('Of the message'),
  publishedAt: instant('The message'),
  failedAt: instant('When it was given up'),
  worker: text('The process that stored the letter'),
  messageId: text('The id of the message'),
  bytes: count('Of the message'),
}
const id = { id: Type.Integer({ minimum: 0, description: 'Of the letter, as the list has it' }) }
const outcome = (...outcomes: string[]) =>
  json(Type.Object({ id: count('Of the letter'), outcome: Type.Enum(outcomes) }))

const listRoute = describeOperatorRoute({
  summary: 'Dead letters, the oldest first',
  query: {
    after: count('Letters with a greater id: the `next` of the last page'),
    limit: Type.Integer({ minimum: 1, maximum: maxLimit, default: defaultLimit }),
  },
  answers: {
    200: json(
      Type.Object({
        letters: Type.Array(Type.Object(facts)),
        next: Type.Union([Type.Integer(), Type.Null()], { description: 'Null on the last page' }),
      }),
    ),
  },
})
const showRoute = describeOperatorRoute({
  summary: 'A dead letter with its message',
  params: id,
  answers: { 200: json(Type.Object({ ...facts, body: text('The message, read as UTF-8') })) },
})
const replayRoute = describeOperatorRoute({
  summary: 'Does again what a dead letter asks for, and removes it',
  description:
    'Starts a failed pin anew. Safe to repeat. 422 with the reason when it would only come back, or is an event of a worker: those need `npm run dlq`. The audit has the account of the token.',
  params: id,
  answers: {
    200: outcome('restarted', 'republished', 'pinned', 'superseded', 'unwanted', 'repeated'),
  },
})
const discardRoute = describeOperatorRoute({
  summary: 'Removes a dead letter for good',
  description: 'Its pin stays as it is. The audit has the account of the token.',
  params: id,
  answers: { 200: outcome('discarded', 'repeated') },
})
