import { Type } from 'typebox'
import { describeRoute, json } from '../describe-route.ts'

type Description = Omit<Parameters<typeof describeRoute>[0], 'tag'>

/** Like `describeRoute`, with the tokens and the errors of the Pinning Service API. */
export function describePinningRoute(description: Description) {
  const { schema, ...options } = describeRoute({ ...description, tag: 'pinning' })
  return {
    ...options,
    schema: {
      ...schema,
      security: [{ pinning: [] }],
      response: { ...description.answers, default: json('PsaFailure', 'An error') },
    },
  }
}

/** The body of routes that take a pin. */
export const pinBody = { 'application/json': Type.Ref('PsaPin#') }

export const requestIdParameter = Type.String({ format: 'uuid' })
