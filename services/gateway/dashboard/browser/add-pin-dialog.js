import { h, say } from './dom.js'

/**
 * Takes a pin and sends it. What was typed stays until it was accepted.
 *
 * @param {import('./ask.js').Ask} ask
 * @param {(pin: import('./shapes.js').Pin) => void} onAdded
 */
export function addPinDialog(ask, onAdded) {
  const cid = h('input', {
    id: 'add-cid',
    required: true,
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-describedby': 'add-problem',
  })
  const name = h('input', { id: 'add-name', maxlength: 255, autocomplete: 'off' })
  const origins = h('textarea', {
    id: 'add-origins',
    rows: 3,
    spellcheck: 'false',
    'aria-describedby': 'origins-help',
  })
  const problem = h('p', { id: 'add-problem', class: 'problem', role: 'alert' })
  const button = h('button', { type: 'submit', class: 'main' }, 'Pin it')
  /** A repeat of what was perhaps accepted, but never answered, is the same pin. Anything else is another one. */
  let last = { bodyText: '', key: '' }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault()
    button.disabled = true
    say(problem, '')
    try {
      const body = {
        cid: cid.value.trim(),
        ...(name.value.trim() === '' ? {} : { name: name.value.trim() }),
        origins: origins.value.split(/[\s,]+/).filter(origin => origin !== ''),
      }
      const bodyText = JSON.stringify(body)
      if (last.bodyText !== bodyText) last = { bodyText, key: randomKey() }
      const pin = await ask('psa/pins', { method: 'POST', body, idempotencyKey: last.key })
      last = { bodyText: '', key: '' }
      dialog.close()
      form.reset()
      onAdded(pin)
    } catch (error) {
      say(problem, error instanceof Error ? error.message : String(error))
      cid.focus()
    } finally {
      button.disabled = false
    }
  }

  const form = h(
    'form',
    { onsubmit: event => void submit(event) },
    h('h2', { id: 'add-title' }, 'Add a pin'),
    h('label', { for: 'add-cid' }, 'CID'),
    cid,
    h('label', { for: 'add-name' }, 'Name ', h('span', { class: 'muted' }, '(optional)')),
    name,
    h('label', { for: 'add-origins' }, 'Origins ', h('span', { class: 'muted' }, '(optional)')),
    origins,
    h(
      'p',
      { id: 'origins-help', class: 'muted small' },
      'Multiaddrs of who has the data, one a line, each with /p2p/ and a peer id.',
    ),
    problem,
    h(
      'div',
      { class: 'buttons' },
      h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'),
      button,
    ),
  )
  const dialog = h('dialog', { 'aria-labelledby': 'add-title' }, form)
  return dialog
}

/** Over plain HTTP from another machine there is no `crypto.randomUUID`. */
const randomKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
