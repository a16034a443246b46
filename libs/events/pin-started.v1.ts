import { Type } from 'typebox'
import { defineEvent } from './define-event.ts'
import { cid, count, generation } from './fields.ts'

/** A fetcher took the job: attempt n of this generation began. Stream PIN_EVENTS, read by status. */
export const pinStarted = defineEvent(
  'pin.started',
  1,
  Type.Object({ cid, generation, attempt: count, worker: Type.String() }),
)
