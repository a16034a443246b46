/** Asks again only when the last answer is older than `forMs`. Who asks meanwhile gets the same answer. */
export function rememberAnswer<Answer>(ask: () => Promise<Answer>, forMs: number): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined
  let askedAt = 0
  return () => {
    if (answer && performance.now() - askedAt < forMs) return answer
    askedAt = performance.now()
    answer = ask()
    return answer
  }
}
