import { Type } from 'typebox'
import type { AcceptedPin } from '#libs/db/index.ts'
import { HttpError } from '#libs/http/index.ts'
import { statusDetails } from './status-details.ts'

/** What was proven of a pinned content, and where its CAR lies. */
export type PinReceipt = ReturnType<typeof pinReceipt>

/** Throws `HttpError` 404 that says why there is none yet, or none any more. */
export function pinReceipt({ pin, content }: AcceptedPin) {
  const { carCid, carBucket, carKey, carBytes, blocks, dagBytes, rawBytes, verifiedAt, indexedAt } = content
  const isComplete = carCid !== null && carBucket !== null && carKey !== null && carBytes !== null
  if (content.state !== 'pinned' || !isComplete) {
    const why = statusDetails({ content, live: undefined })
    throw new HttpError(404, `there is no CAR of this pin: it is ${content.state}. ${why}`)
  }
  return {
    requestid: pin.requestId,
    root: content.cid,
    carCid,
    bytes: carBytes,
    blocks,
    dagBytes,
    rawBytes,
    bucket: carBucket,
    key: carKey,
    verifiedAt: verifiedAt?.toISOString() ?? null,
    indexedAt: indexedAt?.toISOString() ?? null,
  }
}

const cid = (description: string) => Type.String({ description })
const instant = (description: string) =>
  Type.Union([Type.String({ format: 'date-time', description }), Type.Null()])

/** Its shape in the API's document. */
export const receiptSchema = Type.Object({
  requestid: Type.String(),
  root: cid('CIDv1 in base32, however the pin has it'),
  carCid: cid('Of codec `car` (0x0202): SHA-256 of the whole CAR'),
  bytes: Type.Integer({ description: 'Of the CAR' }),
  blocks: Type.Integer(),
  dagBytes: Type.Integer({ description: 'Of all blocks' }),
  rawBytes: Type.Union([Type.Integer({ description: 'Of the data in them, each block once' }), Type.Null()]),
  bucket: Type.String(),
  key: Type.String(),
  verifiedAt: instant('When the stored bytes were proven'),
  indexedAt: instant('When they were announced to the indexer'),
})
