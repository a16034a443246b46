import { h } from './dom.js'
import { factList, identifier, identifiers, section } from './fact-list.js'
import { timeline } from './timeline.js'
import { bytes, localTime, number } from './words.js'

/** @typedef {import('./shapes.js').Pin} Pin */
/** @typedef {import('./shapes.js').History} History */
/** @typedef {import('./shapes.js').Receipt} Receipt */

/**
 * Everything about a pin but what changes each second.
 *
 * @param {Pin} pin
 * @param {History} history
 * @param {Receipt | undefined} receipt
 */
export const pinDetails = (pin, history, receipt) => [
  pin.status === 'failed' && failure(pin),
  section('What happened', timeline(pin, history)),
  receipt && receiptSection(receipt),
  section('The pin', factList(factsOf(pin, history))),
  pin.status !== 'pinned' && connections(pin),
]

/**
 * Why it failed and what to do, as the code has it, and below it what happened this time.
 *
 * @param {Pin} pin
 */
function failure({ info }) {
  const missing = info['missing_cids']?.split(',') ?? []
  const [, advice = '', reason = ''] =
    /^(.*?)(?: \((.*)\))?(?: Missing: .*)?$/s.exec(info['status_details'] ?? '') ?? []
  return h(
    'section',
    { class: 'card failure', 'aria-labelledby': 'why' },
    h('h2', { id: 'why' }, 'Why it failed: ', h('code', {}, info['failure_code'] ?? 'internal')),
    h('p', { class: 'advice' }, advice),
    reason !== '' && h('p', { class: 'muted' }, `This time: ${reason}.`),
    missing.length > 0 && h('p', {}, missing.length === 1 ? 'The missing block:' : 'Missing blocks:'),
    missing.length > 0 && identifiers(missing, 'missing CID'),
  )
}

/** @param {Receipt} receipt */
const receiptSection = receipt =>
  section(
    'What was proven',
    h(
      'p',
      { class: 'muted' },
      'Every block hashes to its CID, every link is present, and the root is the one asked for: checked on the stored bytes.',
    ),
    factList([
      ['Root', identifier(receipt.root, 'root CID')],
      ['Blocks', number(receipt.blocks)],
      ['Data', receipt.rawBytes === null ? null : exact(receipt.rawBytes)],
      ['DAG', exact(receipt.dagBytes)],
      ['CAR', exact(receipt.bytes)],
      ['CAR CID', identifier(receipt.carCid, 'CAR CID')],
      ['Bucket', h('code', {}, receipt.bucket)],
      ['Key', identifier(receipt.key, 'key')],
      ['Verified', receipt.verifiedAt && localTime(receipt.verifiedAt)],
    ]),
  )

/** @param {number} value */
const exact = value => `${bytes(value)} (${number(value)} bytes)`

/**
 * @param {Pin} pin
 * @param {History} history
 * @returns {import('./fact-list.js').Fact[]}
 */
const factsOf = ({ requestid, created, pin, info }, { trace }) => [
  ['CID', identifier(pin.cid, 'CID')],
  ['Request id', identifier(requestid, 'request id')],
  ['Added', localTime(created)],
  ['Expires', info['pinned_until'] && localTime(info['pinned_until'])],
  ['Metadata', pin.meta && factList(Object.entries(pin.meta))],
  ['Origins', pin.origins && identifiers(pin.origins, 'origin')],
  [
    'Trace',
    trace &&
      (trace.url
        ? h('a', { href: trace.url, rel: 'noreferrer' }, trace.id)
        : identifier(trace.id, 'trace id')),
  ],
]

/** @param {Pin} pin */
const connections = ({ delegates }) =>
  section(
    'Have the data?',
    h(
      'p',
      { class: 'muted' },
      'Connect your node to one of these, and it is fetched from there: ',
      h('code', {}, 'ipfs swarm connect ADDRESS'),
    ),
    identifiers(delegates, 'address'),
  )
