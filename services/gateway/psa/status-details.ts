import type { LiveJob } from '#libs/bus/index.ts'
import type { AcceptedPin, Setback } from '#libs/db/index.ts'
import { failureSentence } from '../failure-sentence.ts'

type Content = AcceptedPin['content']

/**
 * What is known of a content: its row, its job if one runs, how many contents are before it in the queue, and what has
 * failed so far. The last two only where they were looked up.
 */
export type Known = {
  content: Content
  live: LiveJob | undefined
  ahead?: number | undefined
  setback?: Setback | undefined
}

/** A sentence for people: what happens now, or why it failed and what to do. */
export function statusDetails({ content, live, ahead, setback }: Known): string {
  switch (content.state) {
    case 'pinned':
      return `Stored and proven: ${count(content.blocks ?? 0, 'block')} checked on the stored bytes.`
    case 'failed':
      return [failureSentence(content.failureCode), reasonOf(content)].filter(text => text !== '').join(' ')
    case 'queued':
    case 'pinning':
    case 'unpinned':
      if (setback?.isWaiting) return `Waiting for attempt ${setback.attempts + 1}.${last(setback)}`
      return [
        live ? doing[live.phase](live) : waiting(content, ahead),
        again(live, content),
        last(setback),
      ].join('')
  }
}

const doing: Record<LiveJob['phase'], (live: LiveJob) => string> = {
  locating: () => 'Looking for a peer that has the root block.',
  waiting: () => 'Found; waiting until one of the running transfers ends.',
  transferring: live =>
    `Transferring: ${bytes(live.dagBytes)} in ${count(live.dagBlocks, 'block')} so far${pace(live)}.`,
  validating: ({ dagBlocks }) => `Checking all ${count(dagBlocks, 'block')} on the stored bytes.`,
}

function waiting({ state }: Content, ahead: number | undefined): string {
  if (state === 'pinning') return 'Between two steps of the work, or before another attempt.'
  if (ahead === undefined) return 'Waiting for a worker.'
  return ahead === 0
    ? 'Waiting for a worker; it is the next.'
    : `Waiting for a worker; ${count(ahead, 'other')} first.`
}

function pace({ bytesPerSecond, stalledMs = 0 }: LiveJob): string {
  if (stalledMs >= 2_000) return `; nothing has come for ${Math.floor(stalledMs / 1_000)} s`
  return bytesPerSecond ? `, ${bytes(bytesPerSecond)}/s` : ''
}

function again(live: LiveJob | undefined, { attempts }: Content): string {
  const attempt = live?.attempt ?? attempts
  return attempt > 1 ? ` This is attempt ${attempt}.` : ''
}

const last = (setback: Setback | undefined) => (setback ? ` The last failure: ${setback.lastError}.` : '')

const reasonOf = ({ failureMessage, missingCids }: Content) =>
  [
    failureMessage ? `(${failureMessage})` : '',
    missingCids && missingCids.length > 0 ? `Missing: ${missingCids.join(', ')}` : '',
  ]
    .filter(text => text !== '')
    .join(' ')

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

const units = ['B', 'kB', 'MB', 'GB', 'TB']

function bytes(value: number): string {
  const exponent = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), units.length - 1)
  const scaled = value / 1_000 ** exponent
  return `${exponent === 0 ? scaled : scaled.toFixed(1)} ${units[exponent]}`
}
