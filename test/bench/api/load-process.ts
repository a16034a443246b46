import { Pool } from 'undici'
import { answerJobs } from '../forked-program.ts'
import type { Load, LoadResult } from './load.ts'

/* The load generator, a process of its own so that it does not share a thread with what it measures. */
answerJobs(run)

/** As many requests under way as there are connections, until every target was asked for once. */
async function run({ url, connections, method, targets, authorization }: Load): Promise<LoadResult> {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const headers = { authorization }
  const latenciesMs = new Float64Array(targets.length)
  const statuses: Record<number, number> = {}
  let next = 0

  async function worker(): Promise<void> {
    for (;;) {
      const nth = next++
      const path = targets[nth]
      if (path === undefined) return
      const startedAt = performance.now()
      const { statusCode, body } = await pool.request({ method, path, headers })
      await body.dump()
      latenciesMs[nth] = performance.now() - startedAt
      statuses[statusCode] = (statuses[statusCode] ?? 0) + 1
    }
  }

  const startedAt = performance.now()
  await Promise.all(Array.from({ length: connections }, worker))
  const seconds = (performance.now() - startedAt) / 1000
  await pool.close()
  latenciesMs.sort()
  const quantile = (part: number) =>
    latenciesMs[Math.min(targets.length - 1, Math.floor(part * targets.length))] ?? 0
  return {
    requests: targets.length,
    perSecond: targets.length / seconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    statuses,
  }
}
