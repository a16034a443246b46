import { addPinDialog } from './add-pin-dialog.js'
import { confirmDialog } from './confirm-dialog.js'
import { fill, h, keepInOrder, say } from './dom.js'
import { pinRow } from './pin-row.js'
import { filterFrom, pinsFilter, queryOf } from './pins-filter.js'
import { repeat } from './repeat.js'
import { refreshAges } from './time-text.js'
import { count, short } from './words.js'

/** @typedef {import('./shapes.js').Pin} Pin */

const pageSize = 25
/** The whole page of pins is asked for at once: this is all that a viewer costs. */
const intervalMs = 3_000
/** Every so many looks the counts of the account are asked for, too. */
const looksPerCount = 5

/**
 * The pins of the account, the newest first, live.
 *
 * @param {import('./shapes.js').Context} context
 * @param {URLSearchParams} query of the address
 */
export function pinsPage(context, query) {
  const { ask, account, signal, onConnection, onError, announce } = context
  let filter = filterFrom(query)
  /** Where the pages before this one begin. @type {string[]} */
  const befores = []
  /** @type {Pin[]} */
  let shown = []
  let looks = 0
  /** @type {Map<string, ReturnType<typeof pinRow>>} */
  const rows = new Map()

  const dialog = addPinDialog(ask, pin => {
    announce(`${nameOf(pin)} is accepted.`)
    goTo(() => befores.splice(0))
  })
  const filters = pinsFilter(filter, changed => {
    // What was typed last is told of a moment later: the address is another page's by then, perhaps.
    if (signal.aborted) return
    filter = changed
    const kept = new URLSearchParams(Object.entries(changed).filter(([, value]) => value !== ''))
    history.replaceState(null, '', `#/pins${kept.size > 0 ? `?${kept.toString()}` : ''}`)
    goTo(() => befores.splice(0))
  })
  filters.showCounts(account.pins)
  const body = h('tbody', { role: 'rowgroup' })
  const problem = h('p', { class: 'problem', role: 'alert' })
  const nothing = h('div', { class: 'nothing', hidden: true })
  const total = h('p', { class: 'muted', role: 'status' }, 'Loading…')
  const newer = h('button', { type: 'button', onclick: () => goTo(() => befores.pop()) }, 'Newer')
  const older = h(
    'button',
    { type: 'button', onclick: () => goTo(() => befores.push(shown.at(-1)?.created ?? '')) },
    'Older',
  )
  const table = h(
    'table',
    { class: 'pins', role: 'table', 'aria-label': 'Pins' },
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        ...['Status', 'Name and CID', 'What happens', 'Added'].map(text =>
          h('th', { role: 'columnheader', scope: 'col' }, text),
        ),
        h('th', { role: 'columnheader', scope: 'col' }, h('span', { class: 'unseen' }, 'Actions')),
      ),
    ),
    body,
  )

  /** @param {() => unknown} move */
  function goTo(move) {
    move()
    lookNow()
  }

  /** @param {Pin} pin */
  const remove = pin =>
    confirmDialog({
      title: 'Remove this pin?',
      text: `${nameOf(pin)} will not be kept for you any more. Work on it that no other pin wants is cancelled.`,
      action: 'Remove',
      async act() {
        await ask(`psa/pins/${pin.requestid}`, { method: 'DELETE' })
        announce(`${nameOf(pin)} is removed.`)
        lookNow()
      },
    })

  /** @param {Pin} pin */
  function rowOf(pin) {
    const row = rows.get(pin.requestid) ?? pinRow(pin, remove)
    rows.set(pin.requestid, row)
    row.update(pin)
    return row.element
  }

  /** @param {{ count: number, results: Pin[] }} page */
  function showPage({ count: matching, results }) {
    announceEnds(shown, results, announce)
    shown = results
    for (const id of rows.keys()) if (!results.some(({ requestid }) => requestid === id)) rows.delete(id)
    keepInOrder(body, results.map(rowOf))
    refreshAges(body)
    table.hidden = results.length === 0
    nothing.hidden = results.length > 0
    const isFiltered = filter.search !== '' || filter.status !== ''
    if (results.length === 0) fill(nothing, ...(isFiltered ? noMatch : noPins(() => dialog.showModal())))
    newer.disabled = befores.length === 0
    older.disabled = matching <= results.length
    say(
      total,
      `${count(matching, 'pin')}${befores.length > 0 ? ' from here on' : isFiltered ? ' found' : ''}`,
    )
  }

  /** @param {AbortSignal} looking */
  async function look(looking) {
    const asked = queryOf(filter)
    asked.set('limit', String(pageSize))
    const before = befores.at(-1)
    if (before) asked.set('before', before)
    try {
      showPage(await ask(`psa/pins?${asked.toString()}`, { signal: looking }))
      say(problem, '')
    } catch (error) {
      if (!(error instanceof Error && 'status' in error && error.status === 400)) throw error
      say(problem, error.message)
    }
    if (looks++ % looksPerCount === 0)
      filters.showCounts((await ask('psa/account', { signal: looking })).pins)
    return intervalMs
  }
  const lookNow = repeat({ look, onConnection, onError, signal })

  const element = h(
    'div',
    {},
    h(
      'div',
      { class: 'heading' },
      h('h1', { tabindex: -1 }, 'Pins'),
      h('button', { type: 'button', class: 'main', onclick: () => dialog.showModal() }, 'Add a pin'),
    ),
    filters.element,
    problem,
    table,
    nothing,
    h('nav', { class: 'pages', 'aria-label': 'Pages' }, total, h('div', { class: 'buttons' }, newer, older)),
    dialog,
  )
  return { title: 'Pins', element }
}

const noMatch = ['No pin matches. Try a part of the name, or the whole CID.']

/** @param {() => void} add */
const noPins = add => [
  h('p', {}, 'Nothing is pinned yet.'),
  h('button', { type: 'button', class: 'main', onclick: add }, 'Add your first pin'),
]

/** @param {Pin} pin */
const nameOf = ({ pin }) => pin.name ?? short(pin.cid)

/**
 * @param {readonly Pin[]} before
 * @param {readonly Pin[]} now
 * @param {(text: string) => void} announce
 */
function announceEnds(before, now, announce) {
  const known = new Map(before.map(({ requestid, status }) => [requestid, status]))
  const ended = now.filter(({ requestid, status }) => {
    const old = known.get(requestid)
    return old !== undefined && old !== status && (status === 'pinned' || status === 'failed')
  })
  if (ended.length > 0) announce(ended.map(pin => `${nameOf(pin)} is ${pin.status}.`).join(' '))
}
