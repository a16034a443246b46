import type { FinishedMinute } from '#libs/db/index.ts'

const minuteMs = 60_000

/**
 * The last `minutes` minutes, oldest first. What a minute came to does not change once it is over: only the last two are
 * counted again, and those that nobody has looked at.
 */
export function createPace(
  finishedByMinute: (minutes: number) => Promise<FinishedMinute[]>,
  minutes: number,
): () => Promise<FinishedMinute[]> {
  let known: FinishedMinute[] = []
  return async () => {
    const last = known.at(-1)?.at.getTime() ?? -Infinity
    const missing = Math.ceil((Date.now() - last) / minuteMs) + 1
    const counted = await finishedByMinute(Math.min(minutes, Math.max(2, missing)))
    const [first] = counted
    known = [...known.filter(({ at }) => first !== undefined && at < first.at), ...counted].slice(-minutes)
    return known
  }
}
