import { Type } from 'typebox'
import type { StepRecord } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { json } from '../describe-route.ts'
import { describePinningRoute, requestIdParameter } from './describe-pinning-route.ts'
import { type FindPin, foundPin } from './found-pin.ts'

type Deps = {
  findPin: FindPin
  stepsOf: (content: { cid: string; generation: number }) => Promise<StepRecord[]>
  /** With `{traceId}` in it; empty when there is no page to show traces. */
  traceUrlTemplate: string
}

/** `GET /pins/{requestid}/history` → what was done for the pin so far: times, attempts of each step, its trace. */
export function addGetHistory(server: HttpServer, { findPin, stepsOf, traceUrlTemplate }: Deps): void {
  server.get<{ Params: { requestid: string } }>(
    '/pins/:requestid/history',
    getHistoryRoute,
    async ({ params, grant }) => {
      const { pin, content } = await foundPin(findPin, grant, params.requestid)
      const { state, generation, queuedAt, changedAt, verifiedAt, indexedAt, traceId } = content
      return {
        requestid: pin.requestId,
        created: pin.createdAt.toISOString(),
        state,
        generation,
        queuedAt: queuedAt.toISOString(),
        changedAt: changedAt.toISOString(),
        verifiedAt: verifiedAt?.toISOString() ?? null,
        indexedAt: indexedAt?.toISOString() ?? null,
        steps: await stepsOf(content),
        trace: traceId && { id: traceId, url: traceUrlTemplate.replaceAll('{traceId}', traceId) || null },
      }
    },
  )
}

const orNull = (schema: ReturnType<typeof Type.String>) => Type.Union([schema, Type.Null()])
const instant = (description: string) => Type.String({ format: 'date-time', description })
const count = (description: string) => Type.Integer({ minimum: 0, description })

const stepSchema = Type.Object({
  step: Type.Enum(['fetch', 'validate']),
  attempts: count('Times a worker took it'),
  failures: count('Of them, those that ended for a reason of the content or its peers'),
  outages: count('Those that a server of the operator ended'),
  released: count('Those that a stopping worker gave back'),
  lastError: orNull(Type.String({ description: 'Of the last failed attempt: code and message' })),
  isDone: Type.Boolean(),
  worker: orNull(Type.String({ description: 'Who works on it now' })),
})

const historySchema = Type.Object({
  requestid: Type.String(),
  created: instant('Of the pin'),
  state: Type.String(),
  generation: Type.Integer({ description: 'How often the content was begun' }),
  queuedAt: instant('When this generation began; before the pin, when others wanted the content first'),
  changedAt: instant('When the state began'),
  verifiedAt: orNull(instant('When the stored bytes were proven')),
  indexedAt: orNull(instant('When they were announced to the indexer')),
  steps: Type.Array(stepSchema),
  trace: Type.Union([
    Type.Object({ id: Type.String(), url: orNull(Type.String({ format: 'uri' })) }),
    Type.Null(),
  ]),
})

const getHistoryRoute = describePinningRoute({
  summary: 'What was done for a pin so far',
  description: 'Times, and the attempts of each step in this generation of the content.',
  params: { requestid: requestIdParameter },
  answers: { 200: json(historySchema) },
})
