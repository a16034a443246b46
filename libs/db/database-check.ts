import type { Database } from './connect-database.ts'

/** Every slot of a worker asks before each pull. */
const rememberedMs = 2_000

/**
 * Makes a check that resolves with true while Postgres answers, and rejects while it does not. Who asks within two seconds of
 * another gets the same answer.
 */
export function createDatabaseCheck(db: Database): () => Promise<true> {
  let answer: Promise<true> | undefined
  let askedAt = 0
  return () => {
    if (answer && performance.now() - askedAt < rememberedMs) return answer
    askedAt = performance.now()
    answer = db.execute('select 1').then(() => true)
    return answer
  }
}
