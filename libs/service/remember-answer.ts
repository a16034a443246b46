/**
 * Asks again only when the last answer is older than `forMs`, and never while it is waited for: `ask` has to come to an
 * end by itself. Who asks meanwhile gets the same answer.
 */
export function rememberAnswer<Answer>(ask: () => Promise<Answer>, forMs: number): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined
  let askedAt = 0
  let isWaiting = false
  return () => {
    if (answer && (isWaiting || performance.now() - askedAt < forMs)) return answer
    askedAt = performance.now()
    isWaiting = true
    answer = ask().finally(() => {
      isWaiting = false
    })
    return answer
  }
}
