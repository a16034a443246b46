import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { randomCids } from '../bench/api/random-cids.ts'
import { addBytes } from './content.ts'

type Service = { gatewayUrl: string; token: string }

/** `operations` are the deletes and replaces together; as many pins are added besides, to have something to change. */
type BurstOptions = {
  operations: number
  clients: number
  cids: readonly string[]
  /** Called now and then in the middle of it. */
  check?: () => Promise<void>
}

/** How many of each were answered with 202. */
export type BurstResult = { added: number; replaced: number; deleted: number; kept: string[] }

/**
 * Small contents, some larger ones whose transfers take a while, and some that nobody has: with few of them every
 * change meets contents in all states, and pins that others have of the same.
 */
export async function burstContents(provider: RunningKubo, count: number): Promise<string[]> {
  const cids = randomCids(Math.ceil(count / 5))
  while (cids.length < count) {
    const size = cids.length % 5 === 0 ? 4_000_000 : 1_000
    cids.push(await addBytes(provider, randomBytes(size), 'cid-version=1&pin=false'))
  }
  return cids
}

/** Adds, replaces and deletes pins from several clients at once, each with pins of its own. Every answer must be 202. */
export async function runBurst(
  { gatewayUrl, token }: Service,
  { operations, clients, cids, check }: BurstOptions,
): Promise<BurstResult> {
  const result: BurstResult = { added: 0, replaced: 0, deleted: 0, kept: [] }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }

  async function send(method: 'POST' | 'DELETE', requestId: string, cid?: string): Promise<string> {
    const answer = await fetch(`${gatewayUrl}/psa/pins${requestId && `/${requestId}`}`, {
      method,
      headers,
      ...(cid === undefined ? {} : { body: JSON.stringify({ cid }) }),
    })
    const text = await answer.text()
    assert.equal(answer.status, 202, `${method} ${requestId}: ${text}`)
    return text === '' ? '' : JSON.parse(text).requestid
  }

  let next = 0
  const anyCid = () => cids[Math.floor(Math.random() * cids.length)] ?? assert.fail('no contents')

  async function client(): Promise<void> {
    const own: string[] = []
    const takeOwn = () => own.splice(Math.floor(Math.random() * own.length), 1)[0] ?? assert.fail('no pin')
    while (next++ < operations) {
      if (next % 25 === 0) await check?.()
      own.push(await send('POST', '', anyCid()))
      result.added++
      if (Math.random() < 0.5) {
        own.push(await send('POST', takeOwn(), anyCid()))
        result.replaced++
      } else {
        await send('DELETE', takeOwn())
        result.deleted++
      }
    }
    // Those that replaces have left over: all but a few go.
    while (own.length > 2) {
      await send('DELETE', takeOwn())
      result.deleted++
    }
    result.kept.push(...own)
  }

  await Promise.all(Array.from({ length: clients }, client))
  return result
}
