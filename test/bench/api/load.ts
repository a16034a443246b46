import { forkProgram } from '../forked-program.ts'

/** Requests without a body, each path once. */
export type Load = {
  url: string
  connections: number
  method: 'GET' | 'POST'
  targets: readonly string[]
  authorization: string
}

export type LoadResult = {
  requests: number
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** How many answers had which status. */
  statuses: Record<number, number>
}

/** Runs the load in a process of its own. Throws when a request got no answer. */
export async function runLoad(load: Load): Promise<LoadResult> {
  await using generator = forkProgram<Load, LoadResult>(new URL('load-process.ts', import.meta.url))
  return await generator.run(load)
}
