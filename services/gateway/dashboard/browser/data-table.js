import { h, keepInOrder } from './dom.js'

/** @typedef {import('./dom.js').Child} Child */

/**
 * A table that is brought up to date in place. A row stays as it is for as long as its item is the same, and the region
 * around stays in any case: what has the focus, is selected, was scrolled to or is about to be clicked remains so.
 *
 * @template Item
 * @param {string} label
 * @param {readonly string[]} columns those that begin with `#` hold numbers
 * @param {(item: Item) => readonly Child[]} cellsOf the first is the heading of its row
 * @param {HTMLElement} [nothing] what is shown instead when there are no items
 */
export function dataTable(label, columns, cellsOf, nothing) {
  /** By what their items were. @type {Map<string, HTMLElement>} */
  let rows = new Map()
  const body = h('tbody')
  const headings = columns.map(name =>
    h('th', { scope: 'col', class: classOf(name) }, name.replace(/^#/, '')),
  )
  const region = h(
    'div',
    { class: 'scrolling', role: 'region', 'aria-label': label, tabindex: 0, hidden: true },
    h('table', { 'aria-label': label }, h('thead', {}, h('tr', {}, ...headings)), body),
  )
  const element = h('div', {}, region, nothing)
  if (nothing) nothing.hidden = true

  /** @param {Item} item */
  function rowOf(item) {
    const [first, ...others] = cellsOf(item)
    const cells = others.map((cell, place) => h('td', { class: classOf(columns[place + 1] ?? '') }, cell))
    return h('tr', {}, h('th', { scope: 'row' }, first), ...cells)
  }

  /** @param {readonly Item[]} items */
  function update(items) {
    const before = rows
    rows = new Map()
    for (const item of items) {
      const facts = JSON.stringify(item)
      rows.set(facts, before.get(facts) ?? rowOf(item))
    }
    keepInOrder(body, [...rows.values()])
    region.hidden = items.length === 0
    if (nothing) nothing.hidden = items.length > 0
  }
  return { element, update }
}

/** @param {string} name */
const classOf = name => (name.startsWith('#') ? 'number' : undefined)
