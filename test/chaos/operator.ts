import { setImmediate } from 'node:timers/promises'
import { pollUntil } from '#deploy/local/poll-until.ts'
import type { connectProducer } from '../e2e/producer.ts'
import type { Operator } from './faults.ts'
import type { Installation } from './installation.ts'
import type { Entry } from './ledger.ts'

type Producer = Pick<Awaited<ReturnType<typeof connectProducer>>, 'publish'>

type Options = {
  installation: Installation
  entries: readonly Entry[]
  producer: Producer
}

/** The operator, and the producer as clients get it: it waits while the operator wants no new promises. */
export function createOperator(options: Options): Operator & { producer: Producer } {
  const { installation, entries, producer } = options
  const { database, prepare } = installation.pipeline
  const publishing = new Set<Promise<unknown>>()
  let gate: Promise<unknown> = Promise.resolve()

  async function requireAllKept(): Promise<void> {
    const promised = entries
      .filter(({ way, outcome }) => way === 'nats' && outcome === 'accepted')
      .map(({ operation }) => operation)
    const { rows } = await database.query(
      'select promised from unnest($1::text[]) as promised where not exists (select from pins where request_id = promised)',
      [promised],
    )
    if (rows.length > 0) throw new Error(`${rows.length} pins of producers are not in Postgres yet`)
  }

  return {
    producer: {
      async publish(body) {
        // One that waits for it may find another one closed.
        for (let passed: Promise<unknown> | undefined; passed !== gate; ) {
          passed = gate
          await passed
        }
        const published = producer.publish(body)
        publishing.add(published)
        const ended = () => void publishing.delete(published)
        published.then(ended, ended)
        return published
      },
    },
    provision: prepare,
    async drainProducers() {
      const opening = Promise.withResolvers<void>()
      gate = Promise.all([gate, opening.promise])
      try {
        await Promise.allSettled(publishing)
        // The ledger gets its entry after who waited for the promise.
        await setImmediate()
        await pollUntil(requireAllKept, { what: 'the pins of producers', timeoutMs: 30_000, intervalMs: 200 })
      } catch (error) {
        opening.resolve()
        throw error
      }
      return { resume: opening.resolve }
    },
  }
}
