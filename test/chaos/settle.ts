import { pollUntil } from '#deploy/local/poll-until.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Installation } from './installation.ts'
import { leftToDoctor } from './left-to-doctor.ts'
import { type Leftovers, remains, unfinishedWork } from './leftovers.ts'

/** How long it took until all work was done, and until nothing of it was left; infinite for never. */
export type Settled = { workDoneMs: number; cleanMs: number; left: Leftovers }

const shownItems = 5

/** Waits until everything is at its end, or for `timeoutMs` in all. */
export async function settle(
  installation: Installation,
  { timeoutMs, streamsWereLost, log }: { timeoutMs: number; streamsWereLost: boolean; log: Logger },
): Promise<Settled> {
  const remainsOfWorkers = async (): Promise<Leftovers> => {
    const isOfDoctor = await leftToDoctor(installation, { streamsWereLost })
    const all = Object.entries(await remains(installation))
    return Object.fromEntries(all.map(([what, items]) => [what, items.filter(item => !isOfDoctor(item))]))
  }
  const startedAt = performance.now()
  const elapsedMs = () => Math.round(performance.now() - startedAt)

  async function ended(look: () => Promise<Leftovers>): Promise<number> {
    let shown = ''
    const probe = async () => {
      const left = nonEmpty(await look())
      const text = summaryOf(left)
      if (text !== shown) log.info({ left: text }, 'not settled yet')
      shown = text
      if (text !== '') throw new Error(text)
    }
    const patience = { what: 'the end of all work', timeoutMs: timeoutMs - elapsedMs(), intervalMs: 500 }
    return pollUntil(probe, patience).then(elapsedMs, (error: Error) => {
      log.error({ err: error }, 'not settled')
      return Number.POSITIVE_INFINITY
    })
  }

  const workDoneMs = await ended(() => unfinishedWork(installation))
  const cleanMs = await ended(remainsOfWorkers)
  const left = { ...(await unfinishedWork(installation)), ...(await remainsOfWorkers()) }
  return { workDoneMs, cleanMs, left: nonEmpty(left) }
}

const nonEmpty = (left: Leftovers): Leftovers =>
  Object.fromEntries(Object.entries(left).filter(([, items]) => items.length > 0))

const summaryOf = (left: Leftovers): string =>
  Object.entries(left)
    .map(([what, items]) => `${items.length} ${what}`)
    .join(', ')

/** What is left, as sentences. */
export const describeLeftovers = (left: Leftovers): string[] =>
  Object.entries(left).map(
    ([what, items]) => `${items.length} ${what}: ${items.slice(0, shownItems).join(' | ')}`,
  )
