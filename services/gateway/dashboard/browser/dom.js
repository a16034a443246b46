/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Makes an element. Texts become text nodes, so that nothing a user has written is ever read as markup. An attribute that
 * is a function is a listener (`onclick`), one that is `true` has no value, one that is undefined or false is left out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | undefined | ((event: Event) => void)>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...nodesOf(children))
  return element
}

/**
 * Makes an element of SVG.
 *
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Node} children
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.append(...children)
  return element
}

/**
 * Puts these children into an element in the place of all it had.
 *
 * @param {Element} element
 * @param {...Child} children
 */
export const fill = (element, ...children) => element.replaceChildren(...nodesOf(children))

/**
 * Changes the text of an element only where it differs: what somebody selects or a screen reader reads stays as it is.
 *
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Makes `elements` the children of a parent, in this order. Those that are there already are not moved without need, so
 * they keep the focus.
 *
 * @param {Element} parent
 * @param {readonly Element[]} elements
 */
export function keepInOrder(parent, elements) {
  const wanted = new Set(elements)
  for (const child of Array.from(parent.children)) if (!wanted.has(child)) child.remove()
  for (const [place, element] of elements.entries())
    if (parent.children[place] !== element) parent.insertBefore(element, parent.children[place] ?? null)
}

/**
 * A function that draws only facts which differ from those before: the same again must not take the focus or a selection
 * away.
 *
 * @template Facts
 * @param {(facts: Facts) => void} draw
 * @returns {(facts: Facts) => void}
 */
export function whenChanged(draw) {
  let seen = ''
  return facts => {
    const now = JSON.stringify(facts)
    if (now === seen) return
    seen = now
    draw(facts)
  }
}

/** @param {readonly Child[]} children */
const nodesOf = children =>
  children.flatMap(child => {
    if (child === null || child === undefined || child === false) return []
    return [typeof child === 'number' ? String(child) : child]
  })
