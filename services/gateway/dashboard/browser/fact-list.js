import { copyButton } from './copy-button.js'
import { h } from './dom.js'

/** @typedef {[term: string, value: import('./dom.js').Child]} Fact */

/** Terms and what they are, without those that there is nothing to say of. @param {readonly Fact[]} facts */
export const factList = facts =>
  h(
    'dl',
    { class: 'facts' },
    ...facts
      .filter(([, value]) => value !== null && value !== undefined && value !== '')
      .map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))),
  )

/**
 * An identifier in full, to be read and copied.
 *
 * @param {string} id
 * @param {string} what
 */
export const identifier = (id, what) =>
  h('span', { class: 'identifier' }, h('code', {}, ...breakable(id)), copyButton(id, what))

/** Lines break behind slashes, if they can. @param {string} id */
const breakable = id => id.split(/(?<=\/)/).flatMap(part => [part, h('wbr')])

/**
 * Identifiers below each other.
 *
 * @param {readonly string[]} ids
 * @param {string} what
 */
export const identifiers = (ids, what) =>
  h('ul', { class: 'identifiers' }, ...ids.map(id => h('li', {}, identifier(id, what))))

/**
 * A part of a page under a heading of its own.
 *
 * @param {string} title
 * @param {...import('./dom.js').Child} children
 */
export function section(title, ...children) {
  const id = `section-${title.toLowerCase().replaceAll(/\W+/g, '-')}`
  return h('section', { class: 'card', 'aria-labelledby': id }, h('h2', { id }, title), ...children)
}
