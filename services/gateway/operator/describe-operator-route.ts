import { Type } from 'typebox'
import { describeTokenRoute } from '../describe-token-route.ts'

type Description = Omit<Parameters<typeof describeTokenRoute>[0], 'tag'>

export const describeOperatorRoute = (description: Description) =>
  describeTokenRoute({ ...description, tag: 'operator' })

export const count = (description: string) => Type.Integer({ minimum: 0, description })
export const instant = (description: string) => Type.String({ format: 'date-time', description })
