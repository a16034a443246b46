import { fill, h, say } from './dom.js'
import { bytes, count, duration, number } from './words.js'

/** @typedef {import('./shapes.js').Pin} Pin */

/** @type {Record<string, string>} */
const phases = {
  locating: 'Looking for the root block',
  waiting: 'Found; waiting for a transfer slot',
  transferring: 'Transferring',
  validating: 'Checking every stored block',
}

/** How far the work on a pin is: a bar, and the same in words. */
export function pinProgress() {
  const bar = h('progress', { max: 100, 'aria-label': 'Progress' })
  const phase = h('span', { class: 'phase' })
  const figures = h('span', { class: 'figures' })
  const stall = h('span', { class: 'stall' })
  const element = h(
    'div',
    { class: 'progress' },
    bar,
    h('div', { class: 'progress-text' }, phase, figures, stall),
  )
  return {
    element,
    /** @param {Pin} pin */
    update({ status, info }) {
      const [name = '', share] = /^(\w+)(?: (\d+)%)?$/.exec(info['progress'] ?? '')?.slice(1) ?? []
      const isRunning = name in phases
      bar.hidden = !isRunning
      if (share === undefined) bar.removeAttribute('value')
      else bar.value = Number(share)
      const waiting = status === 'queued' ? placeOf(info) : 'Between two attempts'
      say(phase, isRunning ? `${phases[name]}${share === undefined ? '' : ` ${share} %`}` : waiting)
      fill(figures, isRunning ? figuresOf(info, share === undefined ? undefined : Number(share)) : '')
      const stalled = Number(info['stalled_for'] ?? 0)
      say(stall, stalled >= 3 ? `Nothing has come for ${duration(stalled)}` : '')
    },
  }
}

/** @param {Pin['info']} info */
const placeOf = ({ queue_position: place }) =>
  place === undefined ? 'Waiting for a worker' : `Waiting for a worker, place ${number(Number(place))}`

/**
 * @param {Pin['info']} info
 * @param {number | undefined} share
 */
function figuresOf(info, share) {
  const fetched = Number(info['bytes_fetched'] ?? 0)
  const rate = Number(info['rate'] ?? 0)
  if (fetched === 0) return ''
  const left = share !== undefined && rate > 0 ? (fetched * (1 - share / 100)) / rate : undefined
  return [
    bytes(fetched),
    count(Number(info['blocks'] ?? 0), 'block'),
    rate > 0 && `${bytes(rate)}/s`,
    left !== undefined && `${duration(Math.max(left, 1))} left`,
  ]
    .filter(part => part)
    .join(' · ')
}
