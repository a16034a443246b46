import { type Bus, openExhaustedMessages, routeExhausted } from '#libs/bus/index.ts'
import type { ContentChanges } from '#libs/db/index.ts'
import { createDatabaseCheck, type Database, standingOf } from '#libs/db/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { StatusConfig } from './config.ts'
import { onJobExhausted } from './on-job-exhausted.ts'
import { repeatPass } from './repeat-pass.ts'
import { createSweepExhausted } from './sweep-exhausted.ts'

type Options = {
  bus: Bus
  db: Database
  changes: ContentChanges
  config: StatusConfig
  stopping: AbortSignal
  log: Logger
}

/** Starts what sees to it that a message which the server gave up ends as a dead letter, and its job as failed. */
export async function routeDeadLetters(options: Options): Promise<Promise<void>[]> {
  const { bus, db, changes, config, stopping, log } = options
  const exhausted = await openExhaustedMessages(bus)
  const giveUp = onJobExhausted({ failed: changes.failed, standingOf: job => standingOf(db, job) })
  const routing = routeExhausted({
    bus,
    exhausted,
    giveUp,
    mayPull: createDatabaseCheck(db),
    retryMinMs: config.EVENT_RETRY_MIN_MS,
    retryMaxMs: config.EVENT_RETRY_MAX_MS,
    stopping,
    log,
  })
  const sweeping = repeatPass({
    what: 'the search for exhausted jobs',
    pass: createSweepExhausted({
      exhausted,
      giveUp,
      standingOf: (job, withinMs) => standingOf(db, job, withinMs),
      quietMs: config.SWEEP_QUIET_MS,
      log,
    }),
    intervalMs: config.SWEEP_INTERVAL_MS,
    stopping,
    log,
  })
  return [routing, sweeping]
}
