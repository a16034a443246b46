import type { JsMsg } from '@nats-io/jetstream'
import { type Logger, metrics } from '#libs/telemetry/index.ts'

/** A message that a worker holds, with the lease that lets it work. */
export type Hold<Lease> = {
  /** Aborted when the lease is lost: the worker must then neither write nor publish nor settle. */
  lost: AbortSignal
  /** From now on the lease is prolonged together with the message. */
  keep: (lease: Lease) => void
  release: () => void
}

type HoldsOptions<Lease> = {
  /** Prolongs all leases at once and returns those that are lost. */
  renew: (leases: readonly Lease[]) => Promise<readonly Lease[]>
  heartbeatMs: number
  /** A lease that could not be prolonged for this long is lost, whatever the reason. */
  leaseMs: number
  log: Logger
}

type Entry<Lease> = { message: JsMsg; lease?: Lease; renewedAt: number; lost: AbortController }

/** The messages that one process works on. One timer tells NATS and Postgres that work is in progress on all of them. */
export type Holds<Lease> = Disposable & { add: (message: JsMsg) => Hold<Lease> }

/**
 * The lease in Postgres decides who may work, not the message: JetStream accepts a sign of work from anybody and
 * delivers a message again after an outage although its worker is alive. The other worker then finds the lease held
 * and leaves the message alone, and these heartbeats keep it.
 */
export function createHolds<Lease>({ renew, heartbeatMs, leaseMs, log }: HoldsOptions<Lease>): Holds<Lease> {
  const entries = new Set<Entry<Lease>>()
  let renewing = false

  async function renewLeases(): Promise<void> {
    const leased = [...entries].filter(({ lease, lost }) => lease !== undefined && !lost.signal.aborted)
    const askedAt = performance.now()
    try {
      const lost = new Set(await renew(leased.flatMap(({ lease }) => (lease === undefined ? [] : [lease]))))
      for (const entry of leased) {
        if (entry.lease !== undefined && lost.has(entry.lease))
          entry.lost.abort(new Error('the lease was lost'))
        else entry.renewedAt = askedAt
      }
    } catch (err) {
      metrics.renewalFailures.add(1)
      log.warn({ err, jobs: leased.length }, 'leases not prolonged, will retry')
    }
  }

  /** Also while an answer to the last heartbeat is missing: it may never come. */
  function endOverdue(): void {
    for (const { lease, renewedAt, lost } of entries)
      if (lease !== undefined && performance.now() - renewedAt > leaseMs)
        lost.abort(new Error('the lease ran out'))
  }

  const timer = setInterval(() => {
    endOverdue()
    for (const { message, lost } of entries) if (!lost.signal.aborted) message.working()
    if (renewing) return
    renewing = true
    void renewLeases().finally(() => {
      renewing = false
    })
  }, heartbeatMs)

  return {
    add(message) {
      const entry: Entry<Lease> = { message, renewedAt: performance.now(), lost: new AbortController() }
      entries.add(entry)
      return {
        lost: entry.lost.signal,
        keep(lease) {
          entry.lease = lease
          entry.renewedAt = performance.now()
        },
        release: () => void entries.delete(entry),
      }
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
