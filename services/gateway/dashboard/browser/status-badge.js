import { h, say } from './dom.js'

/** @typedef {import('./shapes.js').Status} Status */

/** @type {Record<Status, string>} */
export const statusWords = { queued: 'Queued', pinning: 'Pinning', pinned: 'Pinned', failed: 'Failed' }

/** A badge whose word says what its colour does. @param {Status} status */
export function statusBadge(status) {
  const badge = h('span', { class: 'badge', 'data-status': status }, statusWords[status])
  return {
    element: badge,
    /** @param {Status} now */
    update(now) {
      badge.dataset['status'] = now
      say(badge, statusWords[now])
    },
  }
}
