import { copyButton } from './copy-button.js'
import { fill, h } from './dom.js'
import { pinProgress } from './pin-progress.js'
import { statusBadge } from './status-badge.js'
import { timeText } from './time-text.js'
import { bytes, count, short } from './words.js'

/** @typedef {import('./shapes.js').Pin} Pin */

/**
 * A row of the list, which is brought up to date in place.
 *
 * @param {Pin} first
 * @param {(pin: Pin) => void} onRemove
 */
export function pinRow(first, onRemove) {
  let pin = first
  const { cid, name } = pin.pin
  const called = name ?? short(cid)
  const badge = statusBadge(pin.status)
  const progress = pinProgress()
  const outcome = h('div', { class: 'outcome' })
  const element = h(
    'tr',
    { role: 'row' },
    h('td', { role: 'cell', class: 'status' }, badge.element),
    h(
      'td',
      { role: 'cell', class: 'what' },
      h(
        'a',
        { href: `#/pins/${pin.requestid}`, class: name === undefined ? 'name unnamed' : 'name' },
        name ?? 'No name',
      ),
      h('span', { class: 'cid' }, h('code', { title: cid }, short(cid)), copyButton(cid, 'CID')),
    ),
    h('td', { role: 'cell', class: 'detail' }, progress.element, outcome),
    h('td', { role: 'cell', class: 'when' }, timeText(pin.created)),
    h(
      'td',
      { role: 'cell', class: 'actions' },
      h(
        'button',
        { type: 'button', class: 'quiet', 'aria-label': `Remove ${called}`, onclick: () => onRemove(pin) },
        'Remove',
      ),
    ),
  )
  /** @param {Pin} now */
  function update(now) {
    pin = now
    const isFinal = now.status === 'pinned' || now.status === 'failed'
    badge.update(now.status)
    progress.element.hidden = isFinal
    outcome.hidden = !isFinal
    if (isFinal) fill(outcome, ...outcomeOf(now))
    else progress.update(now)
  }
  update(pin)
  return { element, update }
}

/** @param {Pin} pin */
function outcomeOf({ status, info }) {
  if (status === 'pinned')
    return [
      h('span', {}, bytes(Number(info['dag_size'] ?? 0))),
      h('span', { class: 'muted' }, ` · ${count(Number(info['blocks'] ?? 0), 'block')} proven`),
    ]
  const sentence = /^[^.]+\./.exec(info['status_details'] ?? '')?.[0] ?? ''
  return [
    h('code', { class: 'failure-code' }, info['failure_code'] ?? 'internal'),
    h('span', { class: 'muted' }, sentence),
  ]
}
