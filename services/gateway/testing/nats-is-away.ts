import { HttpError } from '#libs/http/index.ts'

/** What the gateway has of NATS in tests that are not about it. */
export const natsIsAway = (): never => {
  throw new HttpError(503, 'NATS cannot be reached')
}
