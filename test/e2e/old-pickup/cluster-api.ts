import assert from 'node:assert/strict'
import { answerProblems, type Exchange } from '../../clients/check-answer.ts'
import { send } from '../../clients/send.ts'
import type { Pipeline } from '../pipeline.ts'

/** One entry of a peer map. */
export type PeerEntry = {
  peername: string
  status: string
  timestamp: string
  error: string
  attempt_count: number
  priority_pin: boolean
}

export type ClusterApi = ReturnType<typeof createClusterApi>

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`

/** Calls of the ipfs-cluster API. Every answer must be one that the Go client can read. */
export function createClusterApi({ gatewayUrl }: Pick<Pipeline, 'gatewayUrl'>) {
  async function call(
    method: string,
    target: string,
    headers: Record<string, string> = {},
  ): Promise<Exchange> {
    const answer = await send(gatewayUrl, {
      method,
      target,
      headers: { authorization: basic('user:secret'), ...headers },
    })
    assert.deepEqual(answerProblems(answer), [])
    return answer
  }

  /** The document of a 200. */
  async function ok(method: string, target: string) {
    const { status, body } = await call(method, target)
    assert.equal(status, 200, `${method} ${target}: ${body}`)
    return JSON.parse(body)
  }

  /** The documents of a stream. */
  async function list(target: string, method = 'GET') {
    const { status, body } = await call(method, target)
    assert.equal(status, 200, `${method} ${target}: ${body}`)
    const lines = body.split('\n').slice(0, -1)
    return lines.map(line => JSON.parse(line))
  }

  /** The state of a CID at the one peer there is. */
  async function entry(cid: string): Promise<PeerEntry> {
    const entries = Object.values<PeerEntry>((await ok('GET', `/pins/${cid}`)).peer_map)
    assert.equal(entries.length, 1)
    return entries[0]!
  }

  return { call, ok, list, entry }
}

/** What each deviation is tested against. */
export type Pickups = {
  /** All services run. */
  pipeline: Pipeline
  api: ClusterApi
  /** Of another Pickup where nothing but the gateway runs: pins stay queued. */
  idle: ClusterApi
}
