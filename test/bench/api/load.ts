import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

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
  const generator = fork(fileURLToPath(new URL('load-process.ts', import.meta.url)))
  try {
    generator.send(load)
    const [result] = (await once(generator, 'message')) as [LoadResult | { error: string }]
    if ('error' in result) throw new Error(`the load on ${load.url} broke off: ${result.error}`)
    return result
  } finally {
    generator.disconnect()
    await once(generator, 'exit')
  }
}
