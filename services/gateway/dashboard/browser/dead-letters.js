import { confirmDialog } from './confirm-dialog.js'
import { dataTable } from './data-table.js'
import { h, say } from './dom.js'
import { letterDialog } from './letter-dialog.js'
import { repeat } from './repeat.js'
import { refreshAges, timeText } from './time-text.js'

/** @typedef {import('./shapes.js').Letter} Letter */

const intervalMs = 3_000
const pageSize = 25

/** @type {Record<string, string>} */
const outcomes = {
  restarted: 'Its pin starts again.',
  republished: 'Its message is on its way again.',
  pinned: 'Its content is pinned by now; nothing was to do.',
  superseded: 'Its content was started anew since; nothing was to do.',
  unwanted: 'No pin wants its content any more; nothing was to do.',
  repeated: 'It had been settled before.',
  discarded: 'It is discarded.',
}

/**
 * The dead letters of the installation, live, with what can be done about them.
 *
 * @param {import('./shapes.js').Context} context
 */
export function deadLetters({ ask, signal, announce, onConnection, onError }) {
  const problem = h('p', { class: 'problem', role: 'alert' })
  const said = h('p', { class: 'muted', role: 'status', tabindex: -1 })
  const loading = h('p', { class: 'muted' }, 'Loading…')
  const table = dataTable(
    'Dead letters',
    ['Id', 'Failed', 'Consumer', 'Code', 'Reason', 'Actions'],
    cellsOf,
    h('p', { class: 'muted' }, 'There are none.'),
  )
  const back = h('button', { type: 'button', onclick: () => turnTo(afters.slice(0, -1)) }, 'Back')
  const more = h(
    'button',
    { type: 'button', onclick: () => next !== null && turnTo([...afters, next]) },
    'More',
  )
  const pages = h('div', { class: 'buttons', hidden: true }, back, more)
  /** Where the pages that were looked at begin. */
  let afters = [0]
  /** @type {number | null} */
  let next = null
  /** Letters that something is being done about. @type {Set<number>} */
  const busy = new Set()
  /** Letters that are gone, and stand there only until the next look. @type {Set<number>} */
  const settled = new Set()

  /** @param {Letter} letter */
  function cellsOf(letter) {
    return [
      String(letter.id),
      timeText(letter.failedAt),
      letter.consumer,
      h('code', { class: 'failure-code' }, letter.code),
      h('span', { class: 'reason' }, letter.reason),
      h(
        'span',
        { class: 'row-actions' },
        action('Show', letter, show),
        action('Replay', letter, replay),
        action('Discard', letter, discard),
      ),
    ]
  }

  /** @param {AbortSignal} looking */
  async function look(looking) {
    const query = `limit=${pageSize}&after=${afters.at(-1)}`
    const page = await ask(`operator/dead-letters?${query}`, { signal: looking })
    next = page.next
    loading.hidden = true
    const hadFocus = table.element.contains(document.activeElement)
    table.update(page.letters)
    // Who works by the keyboard goes on here when a row is gone, and not at the top of the page.
    if (hadFocus && !table.element.contains(document.activeElement)) said.focus()
    pages.hidden = next === null && afters.length === 1
    back.disabled = afters.length === 1
    more.disabled = next === null
    refreshAges(table.element)
    return intervalMs
  }
  const lookNow = repeat({ look, onConnection, onError, signal })

  /** @param {number[]} to */
  function turnTo(to) {
    afters = to
    next = null
    lookNow()
  }

  /** @type {(text: string, letter: Letter, act: (letter: Letter) => unknown) => HTMLElement} */
  const action = (text, letter, act) =>
    h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'aria-label': `${text} dead letter ${letter.id}`,
        onclick: () => void run(letter, act),
      },
      text,
    )

  /**
   * @param {Letter} letter
   * @param {(letter: Letter) => unknown} act
   */
  async function run(letter, act) {
    if (busy.has(letter.id) || settled.has(letter.id)) return
    busy.add(letter.id)
    say(problem, '')
    try {
      await act(letter)
    } catch (error) {
      say(problem, error instanceof Error ? error.message : String(error))
    } finally {
      busy.delete(letter.id)
    }
  }

  /**
   * @param {Letter} letter
   * @param {{ outcome: string }} done
   */
  function tell({ id }, { outcome }) {
    settled.add(id)
    const text = `Dead letter ${id}: ${outcomes[outcome] ?? outcome}`
    say(said, text)
    announce(text)
    lookNow()
  }

  /** @param {Letter} letter */
  const replay = async letter =>
    tell(letter, await ask(`operator/dead-letters/${letter.id}/replay`, { method: 'POST' }))

  /** @param {Letter} letter */
  const discard = letter =>
    confirmDialog({
      title: `Discard dead letter ${letter.id}?`,
      text: 'It is removed for good. Its pin stays as it is, and the audit remembers who did it.',
      action: 'Discard',
      act: async () => tell(letter, await ask(`operator/dead-letters/${letter.id}`, { method: 'DELETE' })),
    })

  /** @param {Letter} letter */
  const show = async letter => letterDialog(await ask(`operator/dead-letters/${letter.id}`, { signal }))

  return h('div', {}, problem, said, loading, table.element, pages)
}
