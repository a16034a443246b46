import { dataTable } from './data-table.js'
import { deadLetters } from './dead-letters.js'
import { fill, h, whenChanged } from './dom.js'
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
  const { ask, signal, onError } = context
  const tiles = h('dl', { class: 'tiles' })
  const pace = h('div', {})
  const [queues, streams, nodes, workers] = [queueTable(), streamTable(), nodeTable(), workerTable()]
  const showTiles = whenChanged(overview => fill(tiles, ...tilesOf(overview)))
  const showPace = whenChanged(finished => fill(pace, throughputChart(finished)))
  /** Either may be lost while the other is there: an overview without a consumer, letters without their stream. */
  const lost = { overview: false, letters: false }
  /** @param {keyof typeof lost} part */
  const connectionOf = part => (/** @type {boolean} */ isLost) => {
    lost[part] = isLost
    context.onConnection(lost.overview || lost.letters)
  }
  const letters = deadLetters({ ...context, onConnection: connectionOf('letters') })

  /** @param {AbortSignal} looking */
  async function look(looking) {
    /** @type {Overview} */
    const { at: _at, ...overview } = await ask('operator/overview', { signal: looking })
    showTiles(overview)
    showPace(overview.finished)
    queues.update(overview.consumers)
    streams.update(overview.streams)
    nodes.update(overview.nodes)
    workers.update(overview.workers)
    refreshAges(nodes.element)
    return intervalMs
  }
  const element = h(
    'div',
    { class: 'operations' },
    h('div', { class: 'heading' }, h('h1', { tabindex: -1 }, 'Operations')),
    tiles,
    section('Finished in the last hour', pace),
    section('Queues', h('div', { class: 'columns' }, queues.element, streams.element)),
    section('Workers', h('div', { class: 'stacked' }, nodes.element, workers.element)),
    section('Dead letters', letters),
  )
  repeat({ look, onConnection: connectionOf('overview'), onError, signal })
  return { title: 'Operations', element }
}

/** @typedef {Omit<Overview, 'at'>} Facts */

/** @param {Facts} facts */
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

const queueTable = () =>
  dataTable(
    'Consumers',
    ['Consumer', 'Stream', '#Waiting', '#Taken', '#Redelivered'],
    (/** @type {Overview['consumers'][number]} */ { consumer, stream, waiting, unsettled, redelivered }) => [
      consumer,
      h('code', {}, stream),
      number(waiting),
      number(unsettled),
      number(redelivered),
    ],
  )

const streamTable = () =>
  dataTable(
    'Streams',
    ['Stream', '#Messages', '#Size'],
    (/** @type {Overview['streams'][number]} */ { stream, messages, bytes: size }) => [
      h('code', {}, stream),
      number(messages),
      bytes(size),
    ],
  )

const nodeTable = () =>
  dataTable(
    'IPFS nodes',
    ['IPFS node', 'Version', 'Transfer slots', 'Repository', 'Heard of'],
    (/** @type {Overview['nodes'][number]} */ node) => [
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
    ],
    h(
      'p',
      { class: 'notice bad' },
      'No fetcher has announced its IPFS node within the last minute: nothing is fetched.',
    ),
  )

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

const workerTable = () =>
  dataTable(
    'Running jobs',
    ['Worker', '#Locating', '#Waiting', '#Transferring', '#Checking', '#Stalled', '#Rate'],
    (/** @type {Overview['workers'][number]} */ work) => [
      h('code', {}, work.worker),
      number(work.locating),
      number(work.waiting),
      number(work.transferring),
      number(work.validating),
      number(work.stalled),
      `${bytes(work.bytesPerSecond)}/s`,
    ],
    h('p', { class: 'muted' }, 'No job is running.'),
  )
