import { jetstreamManager } from '@nats-io/jetstream'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { type Pipeline, startPipeline } from '../../e2e/pipeline.ts'
import { randomCids } from '../api/random-cids.ts'
import { productAckWaitMs, productSettings } from '../product-settings.ts'
import { type Figures } from '../report.ts'

const batchPins = 1_000
const timeoutMs = 3_600_000

/**
 * So many jobs that no fetcher takes: how fast they are accepted and published, and what they are to nats-server; then
 * how fast a fetcher gets rid of them when nobody wants them any more, which is what a job costs beside its work.
 */
export async function measureOutstandingJobs(
  jobs: number,
  tokenOf: (pipeline: Pipeline, account: string) => Promise<string>,
): Promise<{ accepted: Figures; taken: Figures }> {
  await using pipeline = await startPipeline({
    settings: { ...productSettings, RATE_LIMIT_PER_SECOND: '0' },
    services: ['gateway', 'status'],
    ackWaitMs: productAckWaitMs,
    ownNats: true,
  })
  const token = await tokenOf(pipeline, 'jobs')
  const acceptingAt = performance.now()
  for (let sent = 0; sent < jobs; sent += batchPins) await acceptBatch(pipeline, token)
  const acceptedMs = performance.now() - acceptingAt
  const stream = await waitForJobs(pipeline, messages => messages >= jobs)
  const publishedMs = performance.now() - acceptingAt

  await pipeline.database.query("update contents set state = 'unpinned'")
  const takingAt = performance.now()
  await pipeline.startService('fetcher')
  await waitForJobs(pipeline, messages => messages === 0)
  const takenMs = performance.now() - takingAt
  return {
    accepted: {
      'pins/s accepted': (jobs * 1_000) / acceptedMs,
      'jobs/s published': (jobs * 1_000) / publishedMs,
      'bytes per job in the stream': stream.bytes / jobs,
    },
    taken: { 'jobs/s': (jobs * 1_000) / takenMs },
  }
}

async function acceptBatch({ gatewayUrl }: Pipeline, token: string): Promise<void> {
  const answer = await fetch(`${gatewayUrl}/psa/batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(randomCids(batchPins).map(cid => ({ cid }))),
  })
  if (answer.status !== 202)
    throw new Error(`the batch was answered ${answer.status}: ${await answer.text()}`)
}

/** Resolves with the state of the stream of jobs when `enough` says that it has the right number of messages. */
async function waitForJobs({ admin, prefix }: Pipeline, enough: (messages: number) => boolean) {
  const { streams } = await jetstreamManager(admin)
  const probe = async () => {
    const { state } = await streams.info(`${prefix}_PIN_JOBS`)
    if (!enough(state.messages)) throw new Error(`there are ${state.messages} jobs`)
    return state
  }
  return pollUntil(probe, { what: 'the jobs', timeoutMs, intervalMs: 50 })
}
