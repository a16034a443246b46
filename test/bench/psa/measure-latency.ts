import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { addBytes } from '../../e2e/content.ts'
import type { Pipeline } from '../../e2e/pipeline.ts'
import { type Quantiles, quantilesOf } from '../statistics.ts'
import { connectedProvider } from './connected-provider.ts'

/** From the first byte of the request to an answer that says so. */
export type LatencyRow = Quantiles & { from: 'POST'; to: string; pins: number }

/** How often a client asks: what it sees is this much later than it was. */
const pollMs = 5

/**
 * Pins of one raw block each, one after the other on a system that does nothing else. Another node has the blocks and is
 * connected: what is measured is Pickup, and not the search for a provider.
 */
export async function measureLatency(pipeline: Pipeline, token: string, pins: number): Promise<LatencyRow[]> {
  const provider = await connectedProvider(pipeline, 'provider')
  const accepted: number[] = []
  const pinned: number[] = []
  for (let pin = -warmUp; pin < pins; pin++) {
    const cid = await addBytes(provider, randomBytes(1_000), 'cid-version=1&pin=false')
    const times = await timePin(`${pipeline.gatewayUrl}/psa/pins`, token, cid)
    await allWorkIsDone(pipeline)
    if (pin < 0) continue
    accepted.push(times.acceptedMs)
    pinned.push(times.pinnedMs)
  }
  return [
    { from: 'POST', to: 'its answer', pins, ...quantilesOf(accepted) },
    { from: 'POST', to: 'an answer with pinned', pins, ...quantilesOf(pinned) },
  ]
}

const warmUp = 5

async function timePin(url: string, token: string, cid: string) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const startedAt = performance.now()
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ cid }) })
  const { requestid } = (await answer.json()) as { requestid: string }
  const acceptedMs = performance.now() - startedAt
  assert.equal(answer.status, 202)
  for (;;) {
    const { status } = (await (await fetch(`${url}/${requestid}`, { headers })).json()) as { status: string }
    if (status === 'pinned') return { acceptedMs, pinnedMs: performance.now() - startedAt }
    assert.notEqual(status, 'failed')
    await delay(pollMs)
  }
}

/** A pin is `pinned` a little before its staged object is deleted and its last message acknowledged. */
const allWorkIsDone = ({ storage, buckets }: Pipeline) =>
  pollUntil(async () => assert.deepEqual(await Array.fromAsync(storage.list(buckets.staging, '')), []), {
    what: 'an idle system',
    timeoutMs: 10_000,
    intervalMs: 20,
  })
