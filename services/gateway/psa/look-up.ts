import type { AcceptedPin, Setback } from '#libs/db/index.ts'

type Deps = {
  queuePosition: (queuedAt: Date) => Promise<number>
  setbacksOf: (cids: readonly string[]) => Promise<ReadonlyMap<string, Setback>>
}

/** What one pin says beside its row: its place while it waits in the queue, and the last failure while it is worked on. */
export async function lookUp({ content }: AcceptedPin, { queuePosition, setbacksOf }: Deps) {
  const { cid, state, queuedAt } = content
  if (state === 'queued') return { ahead: await queuePosition(queuedAt) }
  return state === 'pinning' ? { setback: (await setbacksOf([cid])).get(cid) } : {}
}
