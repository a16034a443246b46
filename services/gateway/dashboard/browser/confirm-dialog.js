import { h, say } from './dom.js'

/**
 * Asks before something that cannot be taken back. Stays open, with the reason, when it did not work.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.text
 * @param {string} question.action what the button says
 * @param {() => Promise<unknown>} question.act
 */
export function confirmDialog({ title, text, action, act }) {
  const problem = h('p', { class: 'problem', role: 'alert' })
  const button = h('button', { type: 'button', class: 'danger', onclick: () => void confirm() }, action)
  const cancel = h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel')
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'confirm-title', onclose: () => dialog.remove() },
    h('h2', { id: 'confirm-title' }, title),
    h('p', {}, text),
    problem,
    h('div', { class: 'buttons' }, cancel, button),
  )
  async function confirm() {
    button.disabled = true
    say(problem, '')
    try {
      await act()
      dialog.close()
    } catch (error) {
      say(problem, error instanceof Error ? error.message : String(error))
    } finally {
      button.disabled = false
    }
  }
  // With its page it goes away, too.
  document.querySelector('main')?.append(dialog)
  dialog.showModal()
}
