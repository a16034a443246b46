import { Type } from 'typebox'
import { describeRoute, json } from '../describe-route.ts'

type Description = Omit<Parameters<typeof describeRoute>[0], 'tag'>

/** Like `describeRoute`, with the tokens and the errors that the Pinning Service API has, too. */
export function describeOperatorRoute(description: Description) {
  const { schema, ...options } = describeRoute({ ...description, tag: 'operator' })
  return {
    ...options,
    schema: {
      ...schema,
      security: [{ pinning: [] }],
      response: { ...description.answers, default: json('PsaFailure', 'An error') },
    },
  }
}

export const count = (description: string) => Type.Integer({ minimum: 0, description })
export const instant = (description: string) => Type.String({ format: 'date-time', description })
