import { StackError } from './stack-error.ts'

/** What `parse` returns; what it throws becomes a {@link StackError} that leads to the help. */
export function explainUsage<Parsed>(parse: () => Parsed): Parsed {
  try {
    return parse()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StackError(`${reason} (--help shows what there is)`, { cause: error })
  }
}
