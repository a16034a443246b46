import { Type } from 'typebox'
import { defineEvent } from './define-event.ts'
import { cid, generation } from './fields.ts'

/**
 * The bridge is done with the CAR: `announced` tells whether the indexer's queue has the message, or whether
 * there is no queue configured. Stream PIN_EVENTS, read by status.
 */
export const carIndexed = defineEvent(
  'car.indexed',
  1,
  Type.Object({ cid, generation, carCid: Type.String({ minLength: 1 }), announced: Type.Boolean() }),
)
