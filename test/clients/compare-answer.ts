import assert from 'node:assert/strict'
import type { Exchange } from './check-answer.ts'
import { documentDifferences } from './compare-document.ts'
import type { RecordedPair } from './recorded-pairs.ts'

/** Compared by value where the recording has them. Others are the server's own affair. */
const comparedHeaders = [
  'content-type',
  'trailer',
  'www-authenticate',
  'location',
  'cache-control',
  'x-chunked-output',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
]

/** Throws an assertion error where headers or trailers of ours differ from the recorded ones. */
export function compareHeaders({ response }: RecordedPair, answer: Exchange): void {
  for (const name of comparedHeaders) {
    const wanted = response.headers
      .filter(([other]) => other.toLowerCase() === name)
      .map(([, value]) => value)
    // What has no body needs no type, and the name of a trailer may be written in any case.
    if (wanted.length === 0 || (name === 'content-type' && answer.body === '')) continue
    const ours = [answer.headers[name] ?? []].flat()
    const normal = (values: string[]) =>
      values.map(value => (name === 'trailer' ? value.toLowerCase() : value)).toSorted()
    assert.deepEqual(normal(ours), normal(wanted), name)
  }
  assert.deepEqual(
    Object.keys(answer.trailers),
    response.trailers.map(([name]) => name.toLowerCase()),
    'trailers',
  )
}

/**
 * Throws an assertion error where the body of ours differs from the recorded one. Lists have no order: a line is
 * compared with the recorded one of its CID, or with the keys of any.
 */
export function compareBodies({ response }: RecordedPair, answer: Exchange): void {
  const isStream = response.headers.some(([name]) => name === 'Trailer')
  if (!isStream) {
    if (response.body === '') return assert.equal(answer.body, '')
    const differences = documentDifferences(JSON.parse(response.body), JSON.parse(answer.body))
    return assert.deepEqual([...differences], [])
  }
  const linesOf = (body: string): { cid?: string }[] =>
    body
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line))
  // The state of a pin in a list depends on the moment.
  const withoutStates = (body: string) => body.replaceAll(/"status":"\w+"/g, '"status":""')
  const wanted = linesOf(withoutStates(response.body))
  const ours = linesOf(withoutStates(answer.body))
  assert.ok(ours.length > 0, 'the list is empty')
  for (const line of ours) {
    const same = wanted.find(({ cid }) => cid === line.cid)
    if (same) assert.deepEqual([...documentDifferences(same, line)], [])
    else assert.deepEqual(Object.keys(line).slice(0, Object.keys(wanted[0]!).length), Object.keys(wanted[0]!))
  }
}
