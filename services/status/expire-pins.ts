import { type Database, expiredPins, removeExpiredPin } from '#libs/db/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import { handleAll, type Pass } from './repeat-pass.ts'

type Deps = {
  db: Database
  /** Called after removals: they may have put `pin.cancelled` into the outbox. */
  wakeOutbox: () => void
  log: Logger
}

/** Pins removed at once: not more than a process has connections, or events would wait for them. */
const batchPins = 8

/**
 * Removes pins past their time, some at each pass. Several processes may do so at once: each removal looks again, under
 * the lock of the content, whether the pin is still there and still past its time.
 */
export const createExpirePins =
  ({ db, wakeOutbox, log }: Deps): Pass =>
  async () => {
    const due = await expiredPins(db, batchPins)
    if (due.length === 0) return false
    try {
      await handleAll(due, pin => removeExpiredPin(db, pin))
    } finally {
      wakeOutbox()
    }
    log.debug({ pins: due.length }, 'expired pins removed')
    return due.length === batchPins
  }
