import { describeRoute, json } from './describe-route.ts'

type Description = Parameters<typeof describeRoute>[0]

/** Like `describeRoute`, with the tokens and the errors of the Pinning Service API, which operators meet, too. */
export function describeTokenRoute(description: Description) {
  const { schema, ...options } = describeRoute(description)
  return {
    ...options,
    schema: {
      ...schema,
      security: [{ pinning: [] }],
      response: { ...description.answers, default: json('PsaFailure', 'An error') },
    },
  }
}
