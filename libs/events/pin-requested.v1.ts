import { Type } from 'typebox'
import { defineEvent } from './define-event.ts'
import { cid, generation } from './fields.ts'

/**
 * Asks for a DAG. With a `generation` it is a job that the outbox sent; without one it is a pin of an internal
 * producer, which the fetcher first turns into rows and such a job. Stream PIN_JOBS, read by the fetcher.
 */
export const pinRequested = defineEvent(
  'pin.requested',
  1,
  Type.Object({
    cid,
    generation: Type.Optional(generation),
    origins: Type.Optional(Type.Array(Type.String({ maxLength: 1024 }), { maxItems: 100 })),
    name: Type.Optional(Type.String({ maxLength: 255 })),
    meta: Type.Optional(Type.Record(Type.String(), Type.String())),
    account: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    requestId: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  }),
)
