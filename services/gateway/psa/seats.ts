import { HttpError } from '#libs/http/index.ts'

/** Takes a seat for a token; disposing gives it back. Throws `HttpError` 503 or 429 when there is none. */
export type TakeSeat = (tokenId: string) => Disposable

/**
 * The places of this process for answers that last. One token gets a quarter of them at most, so that others find
 * one too. `what` names the answers in refusals.
 */
export function createSeats({ count, what }: { count: number; what: string }): TakeSeat {
  const perToken = Math.ceil(count / 4)
  const takenBy = new Map<string, number>()
  let taken = 0
  return tokenId => {
    const own = takenBy.get(tokenId) ?? 0
    if (own >= perToken)
      throw new HttpError(429, `429 Too Many Requests: a token may have ${perToken} ${what} at once`)
    if (taken >= count) throw new HttpError(503, `all ${count} ${what} of this process are in use`)
    taken++
    takenBy.set(tokenId, own + 1)
    return {
      [Symbol.dispose]() {
        taken--
        const left = (takenBy.get(tokenId) ?? 0) - 1
        if (left > 0) takenBy.set(tokenId, left)
        else takenBy.delete(tokenId)
      },
    }
  }
}
