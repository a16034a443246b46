import { Type } from 'typebox'
import { defineEvent } from './define-event.ts'
import { cid, generation } from './fields.ts'

/** The generation ended in failure; nothing will retry it by itself. Stream PIN_EVENTS, read by status. */
export const pinFailed = defineEvent(
  'pin.failed',
  1,
  Type.Object({
    cid,
    generation,
    step: Type.Enum(['fetch', 'validate']),
    code: Type.String({ minLength: 1 }),
    message: Type.String(),
    missingCids: Type.Array(Type.String(), { maxItems: 20 }),
  }),
)
