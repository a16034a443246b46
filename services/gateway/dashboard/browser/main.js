import { AskError, createAsk } from './ask.js'
import { fill, h } from './dom.js'
import { operationsPage } from './operations-page.js'
import { pinPage } from './pin-page.js'
import { pinsPage } from './pins-page.js'
import { forgetToken, storedToken } from './session.js'
import { signInPage } from './sign-in-page.js'

/** @typedef {import('./shapes.js').Account} Account */
/** @typedef {import('./shapes.js').Context} Context */
/** @typedef {{ title: string, element: HTMLElement }} Page */

/** @param {string} id */
const byId = id => /** @type {HTMLElement} */ (document.getElementById(id))
const main = byId('main')
const nav = byId('nav')
const who = byId('who')
const connection = byId('connection')
const announcer = byId('announcer')

/** @type {{ token: string, account: Account } | undefined} */
let session
let leaving = new AbortController()
let isFirstPage = true

/** @param {boolean} isLost */
function onConnection(isLost) {
  if (isLost === !connection.hidden) return
  connection.hidden = !isLost
  connection.textContent = isLost ? 'Connection lost, trying again…' : ''
}

/** @param {Error} error */
function onError(error) {
  if (error instanceof AskError && error.status === 401)
    return signOut('You were signed out: the token is not valid any more.')
  fill(
    main,
    h('h1', { tabindex: -1 }, 'That did not work'),
    h('p', { class: 'notice bad', role: 'alert' }, error.message),
  )
}

/** @param {string} [why] */
function signOut(why) {
  forgetToken()
  session = undefined
  // What was typed into the address by hand must not come back with the next one who signs in.
  history.replaceState(null, '', location.pathname)
  show(why)
}

/** @param {string} token */
async function signIn(token) {
  const account = await createAsk(token)('psa/account')
  session = { token, account }
}

/** @returns {{ path: string, query: URLSearchParams }} */
function route() {
  const [path = '', query = ''] = location.hash.replace(/^#/, '').split('?')
  return { path, query: new URLSearchParams(query) }
}

/**
 * @param {Context} context
 * @returns {Page}
 */
function pageOf(context) {
  const { path, query } = route()
  const [, pin] = /^\/pins\/([\w-]+)$/.exec(path) ?? []
  if (pin) return pinPage(context, pin)
  if (path === '/operations' && isOperator(context.account)) return operationsPage(context)
  return pinsPage(context, query)
}

/** @param {Account} account */
const isOperator = ({ scopes }) => scopes.includes('admin')

/** @param {string} [why] */
function show(why) {
  leaving.abort()
  leaving = new AbortController()
  onConnection(false)
  nav.hidden = !session
  who.hidden = !session
  const page = session
    ? pageOf({
        ...session,
        ask: createAsk(session.token),
        signal: leaving.signal,
        onConnection,
        onError,
        announce: text => {
          announcer.textContent = text
        },
      })
    : signInPage({ signIn, onSignedIn: () => show(), why })
  if (session) showWho(session.account)
  document.title = `${page.title} · Pickup`
  fill(main, page.element)
  // A screen reader begins where the new page does; when the tab is opened it begins by itself.
  if (!isFirstPage) main.querySelector('h1')?.focus()
  isFirstPage = false
}

/** @param {Account} account */
function showWho(account) {
  const { path } = route()
  /** @type {(href: string, text: string, isHere: boolean) => HTMLElement} */
  const link = (href, text, isHere) => h('a', { href, 'aria-current': isHere ? 'page' : undefined }, text)
  const inOperations = path.startsWith('/operations')
  fill(
    nav,
    link('#/pins', 'Pins', !inOperations),
    isOperator(account) && link('#/operations', 'Operations', inOperations),
  )
  fill(
    who,
    h('span', { class: 'account' }, h('span', { class: 'unseen' }, 'Account '), account.account),
    h('button', { type: 'button', class: 'quiet', onclick: () => signOut() }, 'Sign out'),
  )
}

async function start() {
  byId('skip').addEventListener('click', event => {
    event.preventDefault()
    main.focus()
  })
  const token = storedToken()
  if (token) {
    fill(main, h('p', { class: 'muted', role: 'status' }, 'Signing in…'))
    await resume(token)
  }
  // Not before: a form to sign in beside `resume` would have two accounts in turn.
  addEventListener('hashchange', () => show())
  show()
}

/** Until the server answers: a page that was opened too early must not have lost its token. @param {string} token */
async function resume(token) {
  for (let waitMs = 1_000; ; waitMs = Math.min(waitMs * 2, 30_000)) {
    try {
      return await signIn(token)
    } catch (error) {
      if (!(error instanceof AskError)) throw error
      if (!error.isPassing) return forgetToken()
      onConnection(true)
      await new Promise(resolve => setTimeout(resolve, waitMs))
    }
  }
}

start().catch(onError)
