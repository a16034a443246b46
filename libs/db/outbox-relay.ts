import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Database } from './connect-database.ts'
import { claimOutbox, dropFromOutbox, type OutboxRow, postponeInOutbox } from './outbox.ts'

type RelayOptions = {
  db: Database
  /** Resolves when the stream has stored the event; rejects when that is not known. */
  publish: (row: OutboxRow) => Promise<void>
  /** How often rows of relays that died are looked for. Own rows go out at once, by `wake`. */
  pollMs: number
  log: Logger
}

/** Publishes the outbox until disposed. `wake` is called after a commit that added a row. */
export type OutboxRelay = AsyncDisposable & { wake: () => void }

const batchRows = 100
const claimMs = 30_000
const maxDelayMs = 60_000

/**
 * Runs in every service that adds to the outbox. Any relay may publish any row: the row's id makes a second publish
 * harmless. At least once, nothing lost, no order promised.
 */
export function startOutboxRelay({ db, publish, pollMs, log }: RelayOptions): OutboxRelay {
  const relay = randomUUID()
  const stopping = new AbortController()
  let wake = () => {}
  let woken = false

  async function publishBatch(): Promise<number> {
    const rows = await claimOutbox(db, relay, batchRows, claimMs)
    if (rows.length === 0) return 0
    const outcomes = await Promise.allSettled(rows.map(publish))
    const published = rows.filter((_, i) => outcomes[i]?.status === 'fulfilled')
    if (published.length > 0)
      await dropFromOutbox(
        db,
        relay,
        published.map(row => row.id),
      )
    for (const [i, outcome] of outcomes.entries()) {
      const row = rows[i]
      if (outcome.status === 'fulfilled' || !row) continue
      log.warn(
        { err: outcome.reason, eventId: row.id, subject: row.subject },
        'event not published, will retry',
      )
      await postponeInOutbox(db, relay, row.id, Math.min(maxDelayMs, 500 * 2 ** Math.min(row.failures, 16)))
    }
    return rows.length
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = false
      try {
        if ((await publishBatch()) === batchRows) continue
      } catch (err) {
        log.warn({ err }, 'outbox not readable, will retry')
      }
      if (woken) continue
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, pollMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
        if (stopping.signal.aborted) wake()
      })
    }
  }

  const running = run()
  return {
    wake: () => {
      woken = true
      wake()
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      wake()
      await Promise.race([running, delay(claimMs, undefined, { ref: false })])
    },
  }
}
