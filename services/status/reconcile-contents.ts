import { type Database, type Deliveries, repeatQuietContents } from '#libs/db/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Pass } from './repeat-pass.ts'

type Deps = {
  db: Database
  /** Rejects while NATS is away or not provisioned: then nothing could be sent. */
  readDeliveries: () => Promise<Deliveries>
  quietMs: number
  wakeOutbox: () => void
  log: Logger
}

const batchContents = 200

/**
 * Postgres is the truth: contents that are on their way and whose message NATS has lost are put on it again. Several
 * processes may do so at once: each takes contents that no other has taken.
 */
export const createReconcileContents =
  ({ db, readDeliveries, quietMs, wakeOutbox, log }: Deps): Pass =>
  async () => {
    const deliveries = await readDeliveries()
    const contents = await repeatQuietContents(db, { deliveries, quietMs, limit: batchContents })
    if (contents === 0) return false
    wakeOutbox()
    log.warn({ contents }, 'contents without a message in NATS put on their way again')
    return contents === batchContents
  }
