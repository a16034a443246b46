import { h } from './dom.js'
import { factList, identifier } from './fact-list.js'
import { bytes, localTime } from './words.js'

/** Shows a dead letter with its message. @param {import('./shapes.js').Letter & { body: string }} letter */
export function letterDialog({ body, ...letter }) {
  const close = h('button', { type: 'button', onclick: () => dialog.close() }, 'Close')
  const dialog = h(
    'dialog',
    { class: 'wide', 'aria-labelledby': 'letter-title', onclose: () => dialog.remove() },
    h('h2', { id: 'letter-title' }, `Dead letter ${letter.id}`),
    factList([
      ['Reason', `${letter.code}: ${letter.reason}`],
      ['Subject', h('code', {}, letter.subject)],
      ['Consumer', letter.consumer],
      ['Published', letter.publishedAt && localTime(letter.publishedAt)],
      ['Failed', letter.failedAt && localTime(letter.failedAt)],
      ['Deliveries', letter.deliveries],
      ['Told by', [letter.source, letter.worker].filter(text => text).join(', ')],
      ['Message id', letter.messageId && identifier(letter.messageId, 'message id')],
      ['Message', bytes(letter.bytes)],
    ]),
    h('pre', { tabindex: 0, 'aria-label': 'Message' }, body),
    h('div', { class: 'buttons' }, close),
  )
  // With its page it goes away, too.
  document.querySelector('main')?.append(dialog)
  dialog.showModal()
  close.focus()
}
