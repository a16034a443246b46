/** The whole reason of a failure on one line, from the outermost error to the cause at its bottom. */
export function reasonOf(error: unknown): string {
  if (error instanceof SuppressedError) return reasonOf(error.suppressed)
  if (!(error instanceof Error)) return String(error)
  const message = error.message || error.name
  const reason = error.cause === undefined ? message : `${message}: ${reasonOf(error.cause)}`
  return reason.replace(/\s*\n\s*/g, ' | ')
}
