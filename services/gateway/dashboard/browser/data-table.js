import { h } from './dom.js'

/** @typedef {import('./dom.js').Child} Child */

/**
 * A table of figures: a heading for each column, and for each row in its first cell.
 *
 * @param {string} label
 * @param {readonly string[]} columns those that begin with `#` hold numbers
 * @param {readonly (readonly Child[])[]} rows
 */
export const dataTable = (label, columns, rows) =>
  h(
    'div',
    { class: 'scrolling', role: 'region', 'aria-label': label, tabindex: 0 },
    h(
      'table',
      { 'aria-label': label },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...columns.map(name => h('th', { scope: 'col', class: classOf(name) }, name.replace(/^#/, ''))),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows.map(([first, ...others]) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, first),
            ...others.map((cell, place) => h('td', { class: classOf(columns[place + 1] ?? '') }, cell)),
          ),
        ),
      ),
    ),
  )

/** @param {string} name */
const classOf = name => (name.startsWith('#') ? 'number' : undefined)
