import { AskError } from './ask.js'
import { confirmDialog } from './confirm-dialog.js'
import { fill, h, say, whenChanged } from './dom.js'
import { followEvents } from './events.js'
import { pinDetails } from './pin-details.js'
import { pinProgress } from './pin-progress.js'
import { repeat } from './repeat.js'
import { statusBadge } from './status-badge.js'
import { refreshAges } from './time-text.js'
import { short } from './words.js'

/** @typedef {import('./shapes.js').Pin} Pin */

/** A final pin may be begun again, by a replay or by another pin. */
const againAfterMs = 15_000
const soonMs = 1_000

/**
 * One pin, live: what happens, why it failed, what was proven.
 *
 * @param {import('./shapes.js').Context} context
 * @param {string} requestId
 */
export function pinPage(context, requestId) {
  const { ask, token, signal, onConnection, onError, announce } = context
  const path = `psa/pins/${requestId}`
  /** @type {Pin | undefined} */
  let pin
  const badge = statusBadge('queued')
  const title = h('h1', { tabindex: -1 }, 'Pin')
  const sentence = h('p', { class: 'sentence', role: 'status' }, 'Loading…')
  const progress = pinProgress()
  const details = h('div', { class: 'details' })
  const problem = h('p', { class: 'problem', role: 'alert' })
  const download = h('button', { type: 'button', onclick: () => void run(downloadCar) }, 'Download CAR')
  const again = h('button', { type: 'button', class: 'main', onclick: () => void run(pinAgain) }, 'Pin again')
  const remove = h('button', { type: 'button', onclick: askToRemove }, 'Remove')
  const actions = h('div', { class: 'buttons', hidden: true }, again, download, remove)
  progress.element.hidden = true
  badge.element.hidden = true

  /** @param {() => Promise<void>} action */
  async function run(action) {
    say(problem, '')
    try {
      await action()
    } catch (error) {
      say(problem, error instanceof Error ? error.message : String(error))
    }
  }
  async function downloadCar() {
    const { url } = await ask(`${path}/car-link`)
    h('a', { href: url, rel: 'noreferrer', download: '' }).click()
  }
  async function pinAgain() {
    if (!pin) return
    const { requestid } = await ask(path, { method: 'POST', body: pin.pin })
    location.replace(`#/pins/${requestid}`)
  }
  function askToRemove() {
    confirmDialog({
      title: 'Remove this pin?',
      text: `${title.textContent} will not be kept for you any more. Work on it that no other pin wants is cancelled.`,
      action: 'Remove',
      async act() {
        await ask(path, { method: 'DELETE' })
        announce('The pin is removed.')
        location.hash = '#/pins'
      },
    })
  }

  /** @param {Pin} now */
  function show(now) {
    const before = pin
    pin = now
    const isFinal = now.status === 'pinned' || now.status === 'failed'
    say(title, now.pin.name ?? short(now.pin.cid))
    document.title = `${title.textContent} · Pickup`
    badge.element.hidden = false
    badge.update(now.status)
    say(sentence, sentenceOf(now))
    progress.element.hidden = isFinal
    progress.update(now)
    actions.hidden = false
    again.hidden = now.status !== 'failed'
    download.hidden = now.status !== 'pinned'
    if (!before || before.status !== now.status || before.info['attempts'] !== now.info['attempts'])
      void showMore()
  }

  const showDetails = whenChanged((/** @type {Parameters<typeof pinDetails>} */ facts) =>
    fill(details, ...pinDetails(...facts)),
  )

  /** What the events do not tell. */
  async function showMore() {
    try {
      const isPinned = pin?.status === 'pinned'
      const [history, receipt] = await Promise.all([
        ask(`${path}/history`, { signal }),
        isPinned ? ask(`${path}/receipt`, { signal }) : undefined,
      ])
      if (pin) showDetails([pin, history, receipt])
    } catch (error) {
      // The next event brings it; an answer that came too late is of no use.
      if (!signal.aborted && !(error instanceof AskError)) throw error
    }
  }

  /** @param {AbortSignal} looking */
  async function look(looking) {
    let isGone = false
    // Browsers have six connections to a server, and a page that nobody sees must not hold one of them.
    const unseen = new AbortController()
    const onVisibility = () => {
      if (document.hidden) unseen.abort()
    }
    document.addEventListener('visibilitychange', onVisibility)
    try {
      await followEvents(`${path}/events`, token, AbortSignal.any([looking, unseen.signal]), (name, data) => {
        onConnection(false)
        if (name === 'deleted') isGone = true
        else show(data)
        // In a tab that was opened in the background the pin's name stands nevertheless.
        onVisibility()
      })
    } catch (error) {
      if (unseen.signal.aborted) return 0
      throw error
    } finally {
      document.removeEventListener('visibilitychange', onVisibility)
    }
    if (isGone) throw new AskError(404, 'This pin was removed.')
    refreshAges(details)
    if (pin?.status !== 'pinned' && pin?.status !== 'failed') return soonMs
    // Announcing it to the indexer comes after the last event.
    void showMore()
    return againAfterMs
  }
  repeat({ look, onConnection, onError, signal })

  const element = h(
    'article',
    { class: 'pin' },
    h('p', { class: 'path' }, h('a', { href: '#/pins' }, 'Pins')),
    h('div', { class: 'heading' }, h('div', { class: 'titled' }, title, badge.element), actions),
    sentence,
    progress.element,
    problem,
    details,
  )
  return { title: 'Pin', element }
}

/**
 * A failure has a place of its own; the figures of a transfer and the place in the queue stand beside the bar, and would
 * be read out each second.
 */
/** @param {Pin} pin */
function sentenceOf({ status, info }) {
  const isBesideBar = info['progress'] ?? info['queue_position']
  return status === 'failed' || (status !== 'pinned' && isBesideBar) ? '' : (info['status_details'] ?? '')
}
