import { dataTable } from './data-table.js'
import { deadLetters } from './dead-letters.js'
import { fill, h } from './dom.js'
import { section } from './fact-list.js'
import { repeat } from './repeat.js'
import { throughputChart } from './throughput-chart.js'
import { refreshAges, timeText } from './time-text.js'
import { bytes, number, short } from './words.js'

/** @typedef {import('./shapes.js').Overview} Overview */

const intervalMs = 3_000

/**
 * What is going on in the installation, for operators.
 *
 * @param {import('./shapes.js').Context} context
 */
export function operationsPage(context) {
  const { ask, signal, onConnection, onError } = context
  const tiles = h('dl', { class: 'tiles' })
  const pace = h('div', {})
  const queues = h('div', { class: 'columns' })
  const workers = h('div', { class: 'stacked' })
  const letters = deadLetters(context)
  let seen = ''

  /** @param {Overview} overview */
  function show(overview) {
    const { at: _at, ...facts } = overview
    const now = JSON.stringify(facts)
    // The same figures again must not take the focus or a selection away.
    if (now === seen) return
    seen = now
    fill(tiles, ...tilesOf(overview))
    fill(pace, throughputChart(overview.finished))
    fill(queues, queueTable(overview), streamTable(overview))
    fill(workers, nodeTable(overview), workerTable(overview))
  }

  /** @param {AbortSignal} looking */
  async function look(looking) {
    show(await ask('operator/overview', { signal: looking }))
    await letters.refresh(looking)
    refreshAges(element)
    return intervalMs
  }
  const element = h(
    'div',
    { class: 'operations' },
    h('div', { class: 'heading' }, h('h1', { tabindex: -1 }, 'Operations')),
    tiles,
    section('Finished in the last hour', pace),
    section('Queues', queues),
    section('Workers', workers),
    section('Dead letters', letters.element),
  )
  repeat({ look, onConnection, onError, signal })
  return { title: 'Operations', element }
}

/** @param {Overview} overview */
function tilesOf({ consumers, nodes, workers, streams, finished }) {
  const jobs = consumers.filter(({ stream }) => stream === 'PIN_JOBS')
  /** @type {<Item>(items: readonly Item[], of: (item: Item) => number) => number} */
  const sum = (items, of) => items.reduce((all, item) => all + of(item), 0)
  const letters = streams.find(({ stream }) => stream === 'DLQ')?.messages ?? 0
  const rate = sum(workers, ({ bytesPerSecond }) => bytesPerSecond)
  const lastMinutes = finished.slice(-5)
  /** @type {(term: string, value: string, note: string, isBad?: boolean) => HTMLElement} */
  const tile = (term, value, note, isBad = false) =>
    h(
      'div',
      { class: isBad ? 'tile bad' : 'tile' },
      h('dt', {}, term),
      h('dd', {}, value, h('span', { class: 'muted' }, note)),
    )
  return [
    tile(
      'Jobs waiting',
      number(sum(jobs, ({ waiting }) => waiting)),
      `${number(sum(jobs, ({ unsettled }) => unsettled))} taken`,
    ),
    tile(
      'Transfers',
      number(sum(workers, ({ transferring }) => transferring)),
      `of ${number(sum(nodes, ({ transferSlots }) => transferSlots))} slots`,
    ),
    tile('Rate', `${bytes(rate)}/s`, 'now'),
    tile(
      'Pinned',
      (sum(lastMinutes, ({ pinned }) => pinned) / Math.max(lastMinutes.length, 1)).toFixed(1),
      'a minute',
    ),
    tile('Dead letters', number(letters), letters === 0 ? 'none' : 'to look at', letters > 0),
  ]
}

/** @param {Overview} overview */
const queueTable = ({ consumers }) =>
  dataTable(
    'Consumers',
    ['Consumer', 'Stream', '#Waiting', '#Taken', '#Redelivered'],
    consumers.map(({ consumer, stream, waiting, unsettled, redelivered }) => [
      consumer,
      h('code', {}, stream),
      number(waiting),
      number(unsettled),
      number(redelivered),
    ]),
  )

/** @param {Overview} overview */
const streamTable = ({ streams }) =>
  dataTable(
    'Streams',
    ['Stream', '#Messages', '#Size'],
    streams.map(({ stream, messages, bytes: size }) => [
      h('code', {}, stream),
      number(messages),
      bytes(size),
    ]),
  )

/** @param {Overview} overview */
function nodeTable({ nodes }) {
  if (nodes.length === 0)
    return h(
      'p',
      { class: 'notice bad' },
      'No fetcher has announced its IPFS node within the last minute: nothing is fetched.',
    )
  return dataTable(
    'IPFS nodes',
    ['IPFS node', 'Version', 'Transfer slots', 'Repository', 'Heard of'],
    nodes.map(node => [
      h('code', { title: node.peerId }, short(node.peerId)),
      node.agentVersion.replace(/\/+$/, ''),
      gauge(node.transfers, node.transferSlots, `${number(node.transfers)} of ${number(node.transferSlots)}`),
      gauge(
        node.repoBytes,
        node.repoLimitBytes,
        `${bytes(node.repoBytes)} of ${bytes(node.repoLimitBytes)}`,
        0.9,
      ),
      timeText(node.announcedAt),
    ]),
  )
}

/**
 * @param {number} value
 * @param {number} max
 * @param {string} text
 * @param {number} [highFrom] the share from which it is too much
 */
const gauge = (value, max, text, highFrom = 1.01) =>
  h(
    'span',
    { class: 'gauge' },
    h('meter', { value, max: Math.max(max, 1), high: max * highFrom, 'aria-label': text }),
    h('span', {}, text),
  )

/** @param {Overview} overview */
function workerTable({ workers }) {
  if (workers.length === 0) return h('p', { class: 'muted' }, 'No job is running.')
  return dataTable(
    'Running jobs',
    ['Worker', '#Locating', '#Waiting', '#Transferring', '#Checking', '#Stalled', '#Rate'],
    workers.map(work => [
      h('code', {}, work.worker),
      number(work.locating),
      number(work.waiting),
      number(work.transferring),
      number(work.validating),
      number(work.stalled),
      `${bytes(work.bytesPerSecond)}/s`,
    ]),
  )
}
