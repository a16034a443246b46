import type { AcceptedPin, Counted, TokenGrant } from '#libs/db/index.ts'
import { HttpError } from '#libs/http/index.ts'

type Deps = { countPins: (counted: Counted) => Promise<{ pins: number; carBytes: number }> }

/** What a request would change: so many pins more, one if that is not said, and one less where it replaces one. */
type Change = { pins?: number; replaced?: AcceptedPin['pin'] }

/** Rejects with `HttpError` 409 when the account may not have what the request would add. */
export type RequireQuota = (grant: TokenGrant, change?: Change) => Promise<void>

/**
 * What counts are the pins of the account, whichever API they came by. Requests at the same moment do not wait for one
 * another, so an account can go over its limit by as many as it sends at once.
 */
export const createRequireQuota =
  ({ countPins }: Deps): RequireQuota =>
  async ({ account, maxPendingPins, maxPinnedBytes }, { pins: added = 1, replaced } = {}) => {
    if (maxPendingPins !== null) {
      const { pins } = await countPins({ account, states: ['queued', 'pinning'] })
      const freed = replaced?.state === 'queued' || replaced?.state === 'pinning' ? 1 : 0
      if (pins - freed + added > maxPendingPins)
        throw new HttpError(
          409,
          `the account may have ${maxPendingPins} pins that are queued or being pinned, and has ${pins}${added > 1 ? `; this would be ${added} more` : ''}: wait until some are pinned, or delete some`,
        )
    }
    if (maxPinnedBytes !== null) {
      const { carBytes } = await countPins({ account, states: ['pinned'] })
      if (carBytes - (replaced?.carBytes ?? 0) >= maxPinnedBytes)
        throw new HttpError(
          409,
          `the account may have ${maxPinnedBytes} bytes pinned, and has ${carBytes}: delete pins, or ask for more`,
        )
    }
  }
