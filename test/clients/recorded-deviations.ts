import assert from 'node:assert/strict'
import type { Exchange } from './check-answer.ts'
import type { RecordedPair } from './recorded-pairs.ts'

type Deviation = {
  why: string
  status: number
  /** What is compared instead of the recorded body. */
  body: (answer: Exchange, pair: RecordedPair) => void
}

const sameError = (answer: Exchange, { response }: RecordedPair) =>
  assert.deepEqual(JSON.parse(answer.body), {
    ...JSON.parse(response.body.split('\n')[0]!),
    code: answer.status,
  })
/** The reason after the last colon of the recorded text is said in other words. */
const sameErrorUpToReason = (answer: Exchange, { response }: RecordedPair) => {
  const recorded: string = JSON.parse(response.body).message
  const { code, message } = JSON.parse(answer.body)
  assert.equal(code, answer.status)
  assert.ok(message.startsWith(recorded.slice(0, recorded.indexOf('invalid cid:'))), message)
}
const anyError = ({ body, status }: Exchange) => assert.equal(JSON.parse(body).code, status)
const empty = ({ body }: Exchange) => assert.equal(body, '')

/** Where ours differs on purpose, by the name of the recorded pair. */
export const deviations: Record<string, Deviation> = {
  'status, nothing matches: 204': {
    why: 'the JavaScript client throws at a 204',
    status: 200,
    body: empty,
  },
  'trailing slash: 307': { why: 'the redirect needs no HTML', status: 307, body: () => {} },
  '400 bad CID': { why: 'what is wrong with it is said', status: 400, body: sameErrorUpToReason },
  '400 bad path': { why: 'what is wrong with it is said', status: 400, body: sameErrorUpToReason },
  '500 path does not resolve': { why: 'the path is wrong, not the server', status: 404, body: sameError },
  '400 bad option (real server bug: second JSON document, and it still pins)': {
    why: 'one error, and nothing is pinned',
    status: 400,
    body: (answer, pair) => {
      sameError(answer, pair)
      assert.equal(answer.body.trimEnd().split('\n').length, 1)
    },
  },
  '500 broken rule': { why: 'the request is wrong, not the server', status: 400, body: sameError },
  '500 more replicas than peers': {
    why: 'callers that always ask for 2 or 3 replicas are served: the store replicates',
    status: 200,
    body: ({ body }) => assert.equal(JSON.parse(body).replication_factor_min, 2),
  },
  '500 expiry in the past': { why: 'the request is wrong, not the server', status: 400, body: sameError },
  '405 wrong method': { why: 'every error has the shape of an error', status: 405, body: anyError },
  'repo gc': { why: 'the gateway does not administrate IPFS nodes', status: 501, body: anyError },
  'metric names': {
    why: 'other metrics',
    status: 200,
    body: ({ body }) => assert.ok(JSON.parse(body).includes('ping')),
  },
  'status while queued or pinning': {
    why: 'it may still be queued',
    status: 200,
    body: ({ body }) => {
      const [entry] = Object.values(JSON.parse(body).peer_map) as { status: string }[]
      assert.match(entry?.status ?? '', /^(pin_queued|pinning)$/)
    },
  },
}
