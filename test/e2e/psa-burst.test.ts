import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPinningToken } from '../clients/psa-token.ts'
import { rpc } from './content.ts'
import { endsWithoutOrphans, nothingIsOrphaned } from './orphans.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { burstContents, runBurst } from './psa-burst.ts'

const allStates = ['queued', 'pinning', 'pinned', 'failed']

/** What the service counts, by state. */
async function countsOf({ gatewayUrl }: Pipeline, token: string): Promise<number[]> {
  const counts = allStates.map(async state => {
    const answer = await fetch(`${gatewayUrl}/psa/pins?status=${state}&limit=1`, {
      headers: { authorization: `Bearer ${token}` },
    })
    return ((await answer.json()) as { count: number }).count
  })
  return Promise.all(counts)
}

test('a burst of deletes and replaces while fetches run leaves no orphan and no wrong count', {
  timeout: 240_000,
}, async t => {
  const settings = { UNPINNED_CAR_TTL_DAYS: 'never', FOLD_INTERVAL_MS: '100', RATE_LIMIT_PER_SECOND: '0' }
  await using pipeline = await startPipeline({ settings })
  const databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL'] ?? assert.fail('no database')
  const token = await createPinningToken(databaseUrl, 'burst')
  const provider = await pipeline.startNode('provider')
  await rpc(pipeline.kubo, `swarm/connect?arg=${provider.multiaddrs[0]}`)
  const cids = await burstContents(provider, 30)

  const check = () => nothingIsOrphaned(pipeline)
  const options = { operations: 300, clients: 10, cids, check }
  const { kept, ...done } = await runBurst({ ...pipeline, token }, options)
  t.diagnostic(JSON.stringify(done))
  assert.ok(done.replaced + done.deleted >= 300)

  // From now on a CAR without a pin goes. During the burst it would make its next pin wait for a minute.
  await pipeline.children.status.stop()
  await pipeline.startService('status', { settings: { UNPINNED_CAR_TTL_DAYS: '0' } })
  await endsWithoutOrphans(pipeline)
  const { rows } = await pipeline.database.query<{ request_id: string; state: string }>(
    'select request_id, state from pins',
  )
  assert.deepEqual(rows.map(row => row.request_id).sort(), kept.sort())
  assert.deepEqual(
    await countsOf(pipeline, token),
    allStates.map(state => rows.filter(row => row.state === state).length),
  )
})
