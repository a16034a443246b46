import { AskError } from './ask.js'
import { h, say } from './dom.js'
import { storeToken } from './session.js'

/** A token is sent in a header, where a space or an ellipsis that was copied along has no place. */
const fitsHeader = /^[!-~]+$/

/**
 * @param {object} deps
 * @param {(token: string) => Promise<void>} deps.signIn
 * @param {() => void} deps.onSignedIn
 * @param {string} [deps.why] why somebody has to sign in again
 */
export function signInPage({ signIn, onSignedIn, why = '' }) {
  const token = h('input', {
    id: 'token',
    type: 'password',
    autocomplete: 'current-password',
    spellcheck: 'false',
    required: true,
    'aria-describedby': 'token-help problem',
  })
  const remember = h('input', { id: 'remember', type: 'checkbox' })
  const problem = h('p', { id: 'problem', class: 'problem', role: 'alert' }, why)
  const button = h('button', { type: 'submit', class: 'main' }, 'Sign in')

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault()
    const given = token.value.trim()
    if (!fitsHeader.test(given)) return refuse('The token holds characters that no token has.')
    button.disabled = true
    say(problem, '')
    try {
      await signIn(given)
    } catch (error) {
      return refuse(sentenceOf(error))
    } finally {
      button.disabled = false
    }
    storeToken(given, { forGood: remember.checked })
    onSignedIn()
  }

  /** @param {string} sentence */
  function refuse(sentence) {
    say(problem, sentence)
    token.setAttribute('aria-invalid', 'true')
    token.focus()
    token.select()
  }

  const element = h(
    'form',
    { class: 'sign-in card', onsubmit: event => void submit(event) },
    h('h1', { tabindex: -1 }, 'Sign in'),
    h(
      'p',
      { id: 'token-help', class: 'muted' },
      'With a token of your account. ',
      h('code', {}, 'npm start'),
      ' prints one; ',
      h('code', {}, 'npm run token'),
      ' makes more.',
    ),
    h('label', { for: 'token' }, 'Token'),
    token,
    h('label', { class: 'check', for: 'remember' }, remember, 'Remember on this device'),
    problem,
    button,
  )
  return { title: 'Sign in', element }
}

/** @param {unknown} error */
function sentenceOf(error) {
  if (error instanceof AskError && error.status === 401)
    return 'This token is not known here, or was revoked. Copy it again, all of it.'
  return error instanceof Error ? error.message : String(error)
}
