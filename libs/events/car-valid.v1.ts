import { Type } from 'typebox'
import { defineEvent } from './define-event.ts'
import { carFacts, cid, generation, objectRef } from './fields.ts'

/** The CAR in the CAR bucket was proven: the receipt. Stream PIN_EVENTS, read by status and the indexer bridge. */
export const carValid = defineEvent(
  'car.valid',
  1,
  Type.Object({
    cid,
    generation,
    car: objectRef,
    region: Type.String({ minLength: 1 }),
    ...carFacts,
    verifiedAt: Type.String({ format: 'date-time' }),
  }),
)
