import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { answerProblems } from '../clients/check-answer.ts'
import { compareBodies, compareHeaders } from '../clients/compare-answer.ts'
import { deviations } from '../clients/recorded-deviations.ts'
import { type RecordedPair, readRecordedPairs, replaceInPairs } from '../clients/recorded-pairs.ts'
import { send } from '../clients/send.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { ourTexts } from './recorded-contents.ts'

/*
 * Every request that was recorded of a real ipfs-cluster-service, in its order, to ours. The recording is not part of
 * this project: IPFS_CLUSTER_RECORDED names the file, `{ pairs: [{ name, request, response }] }`.
 */
const file = process.env['IPFS_CLUSTER_RECORDED']
const recorded = file ? await readRecordedPairs(file) : []

const title = 'recorded answers of ipfs-cluster-service 1.1.6'
if (file) suite(title, testRecording)
else test(title, { skip: 'IPFS_CLUSTER_RECORDED names no recording: NOTHING of it was compared' })

function testRecording(): void {
  let pipeline: Pipeline
  let pairs: RecordedPair[] = []
  const hopeless = [1, 2].map(i => rawBlock(`hopeless ${i}`).cid.toString())
  const problems: string[] = []

  before(
    async () => {
      pipeline = await startPipeline({ settings: { LOCATE_TIMEOUT_MS: '500', RETRY_MAX_MS: '50' } })
      pairs = replaceInPairs(recorded, await ourTexts(pipeline, recorded, hopeless[0]!))
    },
    { timeout: 60_000 },
  )
  after(() => pipeline[Symbol.asyncDispose]())

  /** What the recording waited for, or had from earlier. */
  const preparations: Record<string, () => Promise<unknown>> = {
    'status pinned': () => settledPin('pin by CID with name, metadata, expire-in'),
    'recover one, healthy: no-op': () => settledPin('pin as ctl sends it (path route, all options present)'),
    'recover all': async () => {
      for (const cid of hopeless) await pipeline.client.pin(cid, { name: 'hopeless' })
      await failed()
    },
    'status pin_error': () => failed(),
  }
  const failed = () => Promise.all(hopeless.map(cid => pipeline.client.settled(cid)))
  const settledPin = async (name: string) => {
    const pair = pairs.find(pair => pair.name === name)
    assert.equal((await pipeline.client.settled(JSON.parse(pair!.response.body).cid)).status, 'pinned')
  }

  for (const [i, { name }] of recorded.entries())
    test(name, { timeout: 60_000 }, async () => {
      await preparations[name]?.()
      const pair = pairs[i]!
      const { method, target, headers, body } = pair.request
      const length = body ? { 'content-length': String(Buffer.byteLength(body)) } : {}
      const answer = await send(pipeline.gatewayUrl, {
        method,
        target,
        headers: { ...headers, ...length },
        body,
      })
      problems.push(...answerProblems(answer))
      const deviation = deviations[name]
      assert.equal(answer.status, deviation?.status ?? pair.response.status, answer.body)
      if (answer.status === pair.response.status) compareHeaders(pair, answer)
      if (deviation) deviation.body(answer, pair)
      else compareBodies(pair, answer)
    })

  test('a request with a bad option has pinned nothing', { timeout: 10_000 }, async () => {
    const cid = /pins\/(\w+)\?expire-at=tomorrow/.exec(
      pairs.map(({ request }) => request.target).join('\n'),
    )?.[1]
    assert.equal((await pipeline.client.request('GET', `/allocations/${cid}`)).status, 404)
  })

  test('the Go client can read every answer', () => assert.deepEqual(problems, []))
  test('the strict decoder takes what the real server answered, but for its double document', () => {
    const lower = (fields: [string, string][]) =>
      Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]))
    const refused = recorded.filter(({ request, response }) => {
      const { status, body } = response
      const fields = { headers: lower(response.headers), trailers: lower(response.trailers) }
      return answerProblems({ ...request, status, body, ...fields }).length > 0
    })
    assert.deepEqual(
      refused.map(({ name }) => name),
      ['400 bad option (real server bug: second JSON document, and it still pins)', 'repo gc'],
    )
  })

  test('every deviation is of a recorded pair', () => {
    const names = new Set(recorded.map(({ name }) => name))
    assert.deepEqual(
      Object.keys(deviations).filter(name => !names.has(name)),
      [],
    )
  })
}
