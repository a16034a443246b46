import { Type } from 'typebox'
import { defineEvent } from './define-event.ts'
import { carFacts, cid, generation, objectRef } from './fields.ts'

/** A complete CAR lies in staging, with what the fetcher claims of it. Stream PIN_JOBS, read by the validator. */
export const carUploaded = defineEvent(
  'car.uploaded',
  1,
  Type.Object({ cid, generation, staging: objectRef, ...carFacts }),
)
