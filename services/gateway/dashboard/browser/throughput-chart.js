import { h, svg } from './dom.js'
import { number } from './words.js'

/** @typedef {import('./shapes.js').Overview['finished']} Finished */

const width = 600
const height = 96

/** Contents that ended in each minute, as bars, and the sum in words. @param {Finished} finished */
export function throughputChart(finished) {
  const most = Math.max(1, ...finished.map(({ pinned, failed }) => pinned + failed))
  const step = width / Math.max(finished.length, 1)
  const bars = finished.flatMap(({ at, pinned, failed }, index) => {
    const x = index * step + 1
    const heightOf = (/** @type {number} */ value) => (value / most) * height
    /** @type {(kind: string, value: number, below: number) => SVGElement[]} */
    const bar = (kind, value, below) => {
      if (value === 0) return []
      const title = svg('title', {})
      title.textContent = `${at.slice(11, 16)} UTC: ${number(pinned)} pinned, ${number(failed)} failed`
      const size = Math.max(heightOf(value), 2)
      const attributes = { class: kind, x, y: height - below - size, width: step - 2, height: size, rx: 1.5 }
      return [svg('rect', attributes, title)]
    }
    return [...bar('pinned', pinned, 0), ...bar('failed', failed, heightOf(pinned))]
  })
  const sum = (/** @type {'pinned' | 'failed'} */ kind) =>
    finished.reduce((all, minute) => all + minute[kind], 0)
  const pinnedWords = `${number(sum('pinned'))} pinned`
  const failedWords = `${number(sum('failed'))} failed`
  const mostWords = `at most ${number(most)} in a minute`
  const words = `In the last hour ${pinnedWords} and ${failedWords}, ${mostWords}`
  const drawing = svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': words },
    svg('line', { class: 'axis', x1: 0, x2: width, y1: height, y2: height }),
    ...bars,
  )
  return h(
    'figure',
    { class: 'throughput' },
    drawing,
    h(
      'div',
      { class: 'scale muted', 'aria-hidden': 'true' },
      h('span', {}, '60 min ago'),
      h('span', {}, 'now'),
    ),
    h(
      'figcaption',
      { class: 'legend muted' },
      h('span', {}, pinnedWords),
      h('span', { class: 'failed' }, failedWords),
      h('span', { class: 'most' }, mostWords),
    ),
  )
}
