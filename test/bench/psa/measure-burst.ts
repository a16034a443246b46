import { endsWithoutOrphans } from '../../e2e/orphans.ts'
import type { Pipeline } from '../../e2e/pipeline.ts'
import { burstContents, runBurst } from '../../e2e/psa-burst.ts'
import { connectedProvider } from './connected-provider.ts'

/** `settledMs` is from the last answer until nothing is left to do, and no CAR of an unpinned content is stored. */
export type BurstRow = {
  added: number
  replaced: number
  deleted: number
  perSecond: number
  settledMs: number
}

/** Throws when anything is orphaned. The pipeline must keep the CARs of unpinned contents. */
export async function measureBurst(pipeline: Pipeline, token: string, operations: number): Promise<BurstRow> {
  const cids = await burstContents(await connectedProvider(pipeline, 'burst-provider'), 100)
  const startedAt = performance.now()
  const { kept: _kept, ...done } = await runBurst({ ...pipeline, token }, { operations, clients: 20, cids })
  const endedAt = performance.now()
  await pipeline.children.status.stop()
  await pipeline.startService('status', { settings: { UNPINNED_CAR_TTL_DAYS: '0' } })
  await endsWithoutOrphans(pipeline, { timeoutMs: 600_000 })
  const requests = done.added + done.replaced + done.deleted
  return {
    ...done,
    perSecond: requests / ((endedAt - startedAt) / 1_000),
    settledMs: performance.now() - endedAt,
  }
}
