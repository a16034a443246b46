import { Type } from 'typebox'
import { describeTokenRoute } from '../describe-token-route.ts'

type Description = Omit<Parameters<typeof describeTokenRoute>[0], 'tag'>

export const describePinningRoute = (description: Description) =>
  describeTokenRoute({ ...description, tag: 'pinning' })

/** The body of routes that take a pin. */
export const pinBody = { 'application/json': Type.Ref('PsaPin#') }

export const requestIdParameter = Type.String({ format: 'uuid' })
