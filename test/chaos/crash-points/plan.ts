/** A content whose way through the services is watched. */
export type WatchedContent = {
  cid: string
  /** Texts of which one is in the bytes of everything that is done about it. */
  keys: readonly string[]
  /** Where a process is killed, once. */
  crashBefore?: { service: string; effect: string }
}

/** What a process did about a content, or was killed in front of. Appended to a file by all processes. */
export type JournalLine = { service: string; cid: string; effect: string; killed: boolean }

/** The variables by which a process gets its plan, a JSON array of {@link WatchedContent}, and the file of the journal. */
export const planVariable = 'CRASH_PLAN'
/** Once this file is there nothing is killed any more. */
export const overFileOf = (planFile: string): string => `${planFile}.over`
export const journalVariable = 'CRASH_JOURNAL'
