import { setTimeout as delay } from 'node:timers/promises'
import { JetStreamApiError } from '@nats-io/jetstream'
import { multipart, postAdd } from '../e2e/multipart.ts'
import { type connectProducer, pinRequestBody } from '../e2e/producer.ts'
import type { Entry, WayIn } from './ledger.ts'

/** What a client learns of its request. `pin` is set once it is known. */
export type Answer = Pick<Entry, 'outcome' | 'detail'> & { pin?: string }

/** The requests that can be made, each made once: nothing is repeated behind the ledger's back. None rejects. */
export type Clients = {
  pin: (way: WayIn, request: { cid: string; name: string; origins: readonly string[] }) => Promise<Answer>
  /** Uploads a CAR to the ipfs-cluster API. */
  add: (car: Uint8Array, request: { cid: string; name: string }) => Promise<Answer>
  unpin: (way: 'cluster' | 'psa', pin: string) => Promise<Answer>
  replace: (
    pin: string,
    request: { cid: string; name: string; origins: readonly string[] },
  ) => Promise<Answer>
}

type Options = {
  gatewayUrl: string
  psaToken: string
  producer: Pick<Awaited<ReturnType<typeof connectProducer>>, 'publish'>
}

/** A person waits no longer. What is answered later counts as not answered. */
const patienceMs = 6_000
const reconnectMs = 100
const clusterAuthorization = `Basic ${Buffer.from('user:secret').toString('base64')}`

export function connectClients({ gatewayUrl, psaToken, producer }: Options): Clients {
  async function send(method: string, path: string, authorization: string, body?: object) {
    const request = {
      method,
      headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patienceMs),
    }
    const response = await repeatUntilConnected(() => fetch(`${gatewayUrl}${path}`, request))
    return { status: response.status, text: await response.text() }
  }

  async function asked(request: () => Promise<{ status: number; text: string }>): Promise<Answer> {
    try {
      const { status, text } = await request()
      if (status < 300) return { outcome: 'accepted', pin: text }
      // Behind a 5xx something may have been done; anything else is a clear no.
      return { outcome: status < 500 ? 'refused' : 'unknown', detail: `${status} ${text.slice(0, 200)}` }
    } catch (error) {
      return { outcome: 'unknown', detail: String(error) }
    }
  }

  const psa = async (method: string, path: string, body?: object): Promise<Answer> => {
    const { pin: text, ...answer } = await asked(() =>
      send(method, `/psa${path}`, `Bearer ${psaToken}`, body),
    )
    return text ? { ...answer, pin: JSON.parse(text).requestid } : answer
  }

  async function pinToCluster(cid: string, name: string, origins: readonly string[]): Promise<Answer> {
    const query = new URLSearchParams({ name, origins: origins.join(',') })
    const answer = await asked(() => send('POST', `/pins/${cid}?${query.toString()}`, clusterAuthorization))
    return { ...answer, pin: cid }
  }

  async function pinOverNats(cid: string, name: string, origins: readonly string[]): Promise<Answer> {
    try {
      await producer.publish(pinRequestBody(name, { cid, name, origins, requestId: name }))
      return { outcome: 'accepted', pin: name }
    } catch (error) {
      const outcome = error instanceof JetStreamApiError ? 'refused' : 'unknown'
      return { outcome, detail: String(error), pin: name }
    }
  }

  return {
    pin(way, { cid, name, origins }) {
      if (way === 'cluster') return pinToCluster(cid, name, origins)
      if (way === 'psa') return psa('POST', '/pins', { cid, name, origins })
      return pinOverNats(cid, name, origins)
    },
    async add(car, { cid, name }) {
      // Without streaming the status of the answer tells how it went.
      const query = { name, format: 'car', 'stream-channels': 'false' }
      const body = multipart({ name: `${cid}.car`, bytes: car })
      const answer = await asked(() => {
        const signal = AbortSignal.timeout(patienceMs)
        return repeatUntilConnected(() => postAdd(gatewayUrl, query, body, { signal }))
      })
      return { ...answer, pin: cid }
    },
    async unpin(way, pin) {
      if (way === 'psa') return { ...(await psa('DELETE', `/pins/${pin}`)), pin }
      return { ...(await asked(() => send('DELETE', `/pins/${pin}`, clusterAuthorization))), pin }
    },
    replace: (pin, { cid, name, origins }) => psa('POST', `/pins/${pin}`, { cid, name, origins }),
  }
}

/** A request that found nobody was not made. */
async function repeatUntilConnected<Answered>(request: () => Promise<Answered>): Promise<Answered> {
  for (;;) {
    try {
      return await request()
    } catch (error) {
      const cause = error instanceof TypeError ? error.cause : error
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED')) throw error
    }
    await delay(reconnectMs)
  }
}
