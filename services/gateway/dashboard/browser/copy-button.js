import { h, say } from './dom.js'

const saidMs = 2_000

/**
 * A button that copies a text. Where the browser does not let it, it says so.
 *
 * @param {string} text
 * @param {string} what as in "Copy CID"
 */
export function copyButton(text, what) {
  const done = h('span', { class: 'copied', 'aria-live': 'polite' })
  const button = h('button', {
    type: 'button',
    class: 'copy',
    'aria-label': `Copy ${what}`,
    title: `Copy ${what}`,
  })
  async function copy() {
    try {
      await navigator.clipboard.writeText(text)
      say(done, 'Copied')
    } catch (error) {
      // The page was not opened by HTTPS or on this machine, or the browser was told not to.
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error
      say(done, 'Select it and copy by hand')
    }
    setTimeout(() => say(done, ''), saidMs)
  }
  button.addEventListener('click', () => void copy())
  return h('span', { class: 'copying' }, button, done)
}
