import { Type } from 'typebox'

/** Parameters that several routes have, for the document. */
export const cidParameter = Type.String({ description: 'CIDv0 or CIDv1, in any base' })
export const localParameter = Type.Boolean({ description: 'Accepted without effect: there is one peer' })
