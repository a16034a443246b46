import type { AcceptedPin, TokenGrant } from '#libs/db/index.ts'
import { HttpError } from '#libs/http/index.ts'

/** Resolves with undefined when the account has no such pin. */
export type FindPin = (which: { account: string; requestId: string }) => Promise<AcceptedPin | undefined>

/** The pin of the account, or `HttpError` 404: whether another account has it is not told. */
export async function foundPin(
  findPin: FindPin,
  { account }: TokenGrant,
  requestId: string,
): Promise<AcceptedPin> {
  const found = isRequestId(requestId) ? await findPin({ account, requestId }) : undefined
  if (!found) throw unknownPin()
  return found
}

/** What has another form was never given out; some of it the database would not even take. */
export const isRequestId = (text: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(text)

/** The refusal of a request id that the account has no pin of. */
export const unknownPin = () => new HttpError(404, 'the account has no pin with this requestid')
