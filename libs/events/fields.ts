import { Type } from 'typebox'

/** A CID as text. Whether it is one, and its canonical form, is decided where the pin is accepted. */
export const cid = Type.String({ minLength: 1, maxLength: 512 })

/** Counter of a content: events of an older generation are ignored. */
export const generation = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 })

/** Where an object lies in the store. */
export const objectRef = Type.Object({
  bucket: Type.String({ minLength: 1 }),
  key: Type.String({ minLength: 1 }),
})

/** A size or count that fits a JavaScript number exactly. */
export const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/**
 * What is known of a CAR once it was scanned: its own CID, its bytes, its blocks, the bytes of these, and, optional
 * because version 1 began without it, the bytes of the data in them without the dag-pb around it.
 */
export const carFacts = {
  carCid: Type.String({ minLength: 1 }),
  sizeBytes: count,
  blocks: count,
  dagBytes: count,
  rawBytes: Type.Optional(count),
}
