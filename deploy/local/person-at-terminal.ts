import { userInfo } from 'node:os'

/** Who runs this command, as the audit names people: `cli:alice`, or by number where the system knows no name. */
export function personAtTerminal(): string {
  try {
    return `cli:${userInfo().username}`
  } catch (error) {
    // `uv_os_get_passwd` finds no entry: the usual case in a container.
    if (error instanceof Error && 'code' in error) return `cli:${process.geteuid?.() ?? 'unknown'}`
    throw error
  }
}
