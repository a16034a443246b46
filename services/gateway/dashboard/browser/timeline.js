import { h } from './dom.js'
import { timeText } from './time-text.js'
import { count, number } from './words.js'

/** @typedef {import('./shapes.js').Pin} Pin */
/** @typedef {import('./shapes.js').History} History */
/** @typedef {import('./shapes.js').Step} Step */
/** @typedef {{ title: string, state: 'done' | 'now' | 'failed' | 'todo', at?: string | null, notes?: string[] }} Entry */

/**
 * What was done for a pin, is done now, and is still to do, in its order.
 *
 * @param {Pin} pin
 * @param {History} history
 */
export const timeline = (pin, history) =>
  h('ol', { class: 'timeline' }, ...entriesOf(pin, history).map(entry))

/** @param {Entry} entry */
const entry = ({ title, state, at, notes = [] }) =>
  h(
    'li',
    { 'data-state': state, 'aria-current': state === 'now' ? 'step' : undefined },
    h(
      'div',
      { class: 'entry' },
      h(
        'span',
        { class: 'entry-title' },
        title,
        state === 'todo' && h('span', { class: 'unseen' }, ' (to come)'),
      ),
      at ? timeText(at) : null,
    ),
    ...notes.map(note => h('p', { class: 'note' }, note)),
  )

/**
 * @param {Pin} pin
 * @param {History} history
 * @returns {Entry[]}
 */
function entriesOf({ status, info }, history) {
  const { created, changedAt, verifiedAt, indexedAt } = history
  const fetching = history.steps.find(({ step }) => step === 'fetch')
  const checking = history.steps.find(({ step }) => step === 'validate')
  const isPinning = status === 'pinning'
  const isPinned = status === 'pinned'
  const isFetched = (fetching?.isDone ?? false) || isPinned
  /** @type {Entry[]} */
  const entries = [
    { title: 'Asked for', state: 'done', at: created, notes: aboutContent(history) },
    {
      title: isFetched ? 'Fetched, and proven while it came' : isPinning ? 'Fetching' : 'Fetch',
      state: isFetched ? 'done' : stateOf(status),
      notes: notesOf(fetching, status),
    },
    {
      title: isPinned
        ? 'Stored bytes read back and proven'
        : isPinning && isFetched
          ? 'Checking the stored bytes'
          : 'Check the stored bytes',
      state: isPinned ? 'done' : isFetched ? stateOf(status) : 'todo',
      at: verifiedAt,
      notes: notesOf(checking, status),
    },
  ]
  if (status === 'failed') {
    const failure = `Failed: ${info['failure_code'] ?? 'internal'}`
    return [
      ...entries.filter(({ state }) => state !== 'todo'),
      { title: failure, state: 'failed', at: changedAt },
    ]
  }
  return [
    ...entries,
    { title: 'Pinned', state: isPinned ? 'done' : 'todo', at: isPinned ? changedAt : null },
    ...(indexedAt
      ? [{ title: 'Announced to the indexer', state: /** @type {const} */ ('done'), at: indexedAt }]
      : []),
  ]
}

/** Of the step that comes next. @param {Pin['status']} status @returns {Entry['state']} */
const stateOf = status => (status === 'pinning' ? 'now' : status === 'failed' ? 'failed' : 'todo')

/** @param {History} history */
const aboutContent = ({ created, queuedAt, generation }) => [
  ...(Date.parse(created) - Date.parse(queuedAt) > 1_000
    ? ['Others had asked for the same content before: its work is shared.']
    : []),
  ...(generation > 1 ? [`The content was begun ${number(generation)} times.`] : []),
]

/**
 * @param {Step | undefined} step
 * @param {Pin['status']} status
 */
function notesOf(step, status) {
  if (!step) return []
  const { attempts, failures, outages, lastError, worker } = step
  const ended = [
    failures > 0 && `${number(failures)} failed`,
    outages > 0 && `${number(outages)} ended by an outage of a server`,
  ].filter(text => text)
  return [
    ...(attempts > 1 || ended.length > 0 ? [[count(attempts, 'attempt'), ...ended].join(', ')] : []),
    // Why it failed in the end is said at the top.
    ...(lastError && status !== 'failed' ? [`Last failure: ${lastError}`] : []),
    ...(worker ? [`Worker ${worker}`] : []),
  ]
}
