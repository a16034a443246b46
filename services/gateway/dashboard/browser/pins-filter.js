import { h, say } from './dom.js'
import { statusWords } from './status-badge.js'
import { looksLikeCid, number } from './words.js'

/** @typedef {import('./shapes.js').Status} Status */
/** @typedef {{ status: Status | '', search: string }} Filter */

const statuses = /** @type {Status[]} */ (Object.keys(statusWords))
const typingMs = 300

/**
 * The query of the list that shows what the filter lets through.
 *
 * @param {Filter} filter
 */
export function queryOf({ status, search }) {
  const query = new URLSearchParams({ status: status || statuses.join(',') })
  if (looksLikeCid(search)) query.set('cid', search)
  else if (search !== '') {
    query.set('name', search)
    query.set('match', 'ipartial')
  }
  return query
}

/** @param {URLSearchParams} query @returns {Filter} */
export const filterFrom = query => ({
  status: statuses.find(status => status === query.get('status')) ?? '',
  search: query.get('search') ?? '',
})

/**
 * Statuses with their counts to choose from, and a field to search in.
 *
 * @param {Filter} first
 * @param {(filter: Filter) => void} onChange
 */
export function pinsFilter(first, onChange) {
  let filter = first
  let typing = 0
  /** @param {Partial<Filter>} part */
  const change = part => {
    filter = { ...filter, ...part }
    onChange(filter)
  }
  /** @type {Map<Status | '', HTMLElement>} */
  const counts = new Map()
  /** @param {Status | ''} status */
  const choice = status => {
    const shown = h('span', { class: 'number' })
    counts.set(status, shown)
    const input = h('input', {
      type: 'radio',
      name: 'status',
      value: status,
      checked: filter.status === status,
      onchange: () => change({ status }),
    })
    return h('label', {}, input, h('span', {}, status === '' ? 'All' : statusWords[status], ' ', shown))
  }
  const search = h('input', {
    id: 'search',
    type: 'search',
    value: filter.search,
    placeholder: 'Name or CID',
    maxlength: 255,
    spellcheck: 'false',
    autocomplete: 'off',
    oninput: () => {
      clearTimeout(typing)
      typing = setTimeout(() => change({ search: search.value.trim() }), typingMs)
    },
  })
  const element = h(
    'form',
    { class: 'filter', role: 'search', onsubmit: event => event.preventDefault() },
    h(
      'fieldset',
      { class: 'choices' },
      h('legend', { class: 'unseen' }, 'Status'),
      choice(''),
      ...statuses.map(choice),
    ),
    h(
      'div',
      { class: 'search' },
      h('label', { for: 'search', class: 'unseen' }, 'Search by name or CID'),
      search,
    ),
  )
  return {
    element,
    /** @param {Record<Status, number>} pins */
    showCounts(pins) {
      for (const status of statuses)
        say(/** @type {HTMLElement} */ (counts.get(status)), number(pins[status]))
      const all = statuses.reduce((sum, status) => sum + pins[status], 0)
      say(/** @type {HTMLElement} */ (counts.get('')), number(all))
    },
  }
}
