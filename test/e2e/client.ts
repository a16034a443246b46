import { pollUntil } from '#deploy/local/poll-until.ts'

/** The answers that tests look into: our shape of ipfs-cluster's GlobalPinInfo. */
export type PinStatus = {
  cid: string
  name: string
  metadata: Record<string, string> | null
  status: string
  error: string
  attempts: number
  receipt?: {
    root: string
    car_cid: string
    bucket: string
    key: string
    car_bytes: number
    blocks: number
    dag_bytes: number
    raw_bytes: number | null
    verified_at: string
    indexed_at: string | null
  }
  failure?: { code: string; message: string; explanation: string; missing_cids: string[] }
  progress?: { phase: string; attempt: number; dag_bytes: number; car_bytes: number }
}

type PinOptions = { name?: string; origins?: readonly string[]; meta?: Record<string, string> }

/** A client of the HTTP API that waits as a user's script does: by asking again. */
export function createClient({ url, auth }: { url: string; auth: string }) {
  const headers = { authorization: `Basic ${Buffer.from(auth).toString('base64')}` }

  async function request(
    method: string,
    path: string,
    extra: { headers?: Record<string, string>; body?: string | FormData } = {},
  ) {
    const response = await fetch(`${url}${path}`, {
      ...extra,
      method,
      headers: { ...headers, ...extra.headers },
    })
    return { status: response.status, body: await response.text() }
  }

  async function pin(cid: string, { name, origins = [], meta = {} }: PinOptions = {}): Promise<void> {
    const query = new URLSearchParams({ name: name ?? '', origins: origins.join(',') })
    for (const [key, value] of Object.entries(meta)) query.set(`meta-${key}`, value)
    const { status, body } = await request('POST', `/pins/${cid}?${query.toString()}`)
    if (status !== 200) throw new Error(`POST /pins/${cid} answered ${status}: ${body}`)
  }

  /** Unpins, and resolves with the status of the answer: 404 when there is no such pin. */
  const unpin = async (cid: string): Promise<number> => (await request('DELETE', `/pins/${cid}`)).status

  async function status(cid: string): Promise<PinStatus> {
    const answer = JSON.parse((await request('GET', `/pins/${cid}`)).body)
    const [peer] = Object.values(answer.peer_map) as {
      status: string
      error: string
      attempt_count: number
    }[]
    if (!peer) throw new Error('the peer map is empty')
    const attempts = answer.receipt?.attempts ?? peer.attempt_count
    return { ...answer, status: peer.status, error: peer.error, attempts }
  }

  /** Waits until the pin is final, or `until` says so. */
  function settled(cid: string, { timeoutMs = 60_000, until = isFinal } = {}): Promise<PinStatus> {
    const probe = async () => {
      const now = await status(cid)
      if (!until(now)) throw new Error(`${cid} is ${now.status} ${JSON.stringify(now.progress ?? {})}`)
      return now
    }
    return pollUntil(probe, { what: `the end of ${cid}`, timeoutMs, intervalMs: 50 })
  }

  return { request, pin, unpin, status, settled }
}

const isFinal = ({ status }: PinStatus) => status === 'pinned' || status === 'pin_error'
