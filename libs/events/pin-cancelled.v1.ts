import { Type } from 'typebox'
import { defineEvent } from './define-event.ts'
import { cid, generation } from './fields.ts'

/**
 * Nobody wants this generation any more: whoever works on it may stop. A hint that saves work; who misses it finds the
 * job obsolete in Postgres. Stream PIN_EVENTS, followed by every fetcher and validator.
 */
export const pinCancelled = defineEvent('pin.cancelled', 1, Type.Object({ cid, generation }))
