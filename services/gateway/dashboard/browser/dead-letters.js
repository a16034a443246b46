import { confirmDialog } from './confirm-dialog.js'
import { dataTable } from './data-table.js'
import { fill, h, say } from './dom.js'
import { factList, identifier } from './fact-list.js'
import { timeText } from './time-text.js'
import { bytes, localTime } from './words.js'

/** @typedef {import('./shapes.js').Letter} Letter */

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
 * The dead letters of the installation, with what can be done about them.
 *
 * @param {import('./shapes.js').Context} context
 */
export function deadLetters({ ask, signal, announce }) {
  const list = h('div', {}, h('p', { class: 'muted' }, 'Loading…'))
  const problem = h('p', { class: 'problem', role: 'alert' })
  const said = h('p', { class: 'muted', role: 'status' })
  /** Where the pages that were looked at begin. */
  let afters = [0]
  let shown = ''

  /** @param {{ letters: Letter[], next: number | null }} page */
  function showPage({ letters, next }) {
    const now = JSON.stringify([letters, next, afters])
    if (now === shown) return
    shown = now
    if (letters.length === 0 && afters.length === 1)
      return fill(list, h('p', { class: 'muted' }, 'There are none.'))
    const rows = letters.map(letter => [
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
    ])
    /** @type {(text: string, isOn: boolean, to: () => number[]) => HTMLElement} */
    const turn = (text, isOn, to) =>
      h('button', { type: 'button', disabled: !isOn, onclick: () => void turnTo(to()) }, text)
    fill(
      list,
      dataTable('Dead letters', ['Id', 'Failed', 'Consumer', 'Code', 'Reason', 'Actions'], rows),
      (next !== null || afters.length > 1) &&
        h(
          'div',
          { class: 'buttons' },
          turn('Back', afters.length > 1, () => afters.slice(0, -1)),
          turn('More', next !== null, () => [...afters, next ?? 0]),
        ),
    )
  }

  /** @param {number[]} to */
  async function turnTo(to) {
    afters = to
    await refresh(signal)
  }

  /** @param {AbortSignal} looking */
  async function refresh(looking) {
    showPage(await ask(`operator/dead-letters?limit=25&after=${afters.at(-1)}`, { signal: looking }))
  }

  /** @type {(text: string, letter: Letter, act: (letter: Letter) => Promise<void>) => HTMLElement} */
  const action = (text, letter, act) =>
    h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'aria-label': `${text} dead letter ${letter.id}`,
        onclick: () => void run(() => act(letter)),
      },
      text,
    )

  /** @param {() => Promise<void>} act */
  async function run(act) {
    say(problem, '')
    try {
      await act()
    } catch (error) {
      say(problem, error instanceof Error ? error.message : String(error))
    }
  }

  /**
   * @param {Letter} letter
   * @param {{ outcome: string }} settled
   */
  async function tell({ id }, { outcome }) {
    const text = `Dead letter ${id}: ${outcomes[outcome] ?? outcome}`
    say(said, text)
    announce(text)
    await refresh(signal)
  }

  /** @param {Letter} letter */
  const replay = async letter =>
    tell(letter, await ask(`operator/dead-letters/${letter.id}/replay`, { method: 'POST' }))

  /** @param {Letter} letter */
  async function discard(letter) {
    confirmDialog({
      title: `Discard dead letter ${letter.id}?`,
      text: 'It is removed for good. Its pin stays as it is, and the audit remembers who did it.',
      action: 'Discard',
      act: async () => tell(letter, await ask(`operator/dead-letters/${letter.id}`, { method: 'DELETE' })),
    })
  }

  /** @param {Letter} letter */
  async function show(letter) {
    letterDialog(await ask(`operator/dead-letters/${letter.id}`))
  }

  const element = h('div', {}, problem, said, list)
  return { element, refresh }
}

/** @param {Letter & { body: string }} letter */
function letterDialog({ body, ...letter }) {
  const close = h('button', { type: 'button', onclick: () => dialog.close() }, 'Close')
  const dialog = h(
    'dialog',
    { class: 'wide', 'aria-labelledby': 'letter-title', onclose: () => dialog.remove() },
    h('h2', { id: 'letter-title' }, `Dead letter ${letter.id}`),
    factList([
      ['Reason', `${letter.code}: ${letter.reason}`],
      ['Subject', h('code', {}, letter.subject)],
      ['Consumer', letter.consumer],
      ['Published', letter.publishedAt && localTime(letter.publishedAt)],
      ['Failed', letter.failedAt && localTime(letter.failedAt)],
      ['Deliveries', letter.deliveries],
      ['Told by', [letter.source, letter.worker].filter(text => text).join(', ')],
      ['Message id', letter.messageId && identifier(letter.messageId, 'message id')],
      ['Message', bytes(letter.bytes)],
    ]),
    h('pre', { tabindex: 0, 'aria-label': 'Message' }, body),
    h('div', { class: 'buttons' }, close),
  )
  document.body.append(dialog)
  dialog.showModal()
  close.focus()
}
