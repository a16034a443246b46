/** The embedded stack cannot start or go on. The message is written for the person at the terminal: it is shown without a stack trace. */
export class StackError extends Error {
  override name = 'StackError'
}
