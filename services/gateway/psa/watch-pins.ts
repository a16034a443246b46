import type { AcceptedPin, Setback } from '#libs/db/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { EventStream } from './event-stream.ts'
import type { PinStatusOf } from './pin-status.ts'

type Deps = {
  watchedPins: (requestIds: readonly string[]) => Promise<AcceptedPin[]>
  revokedTokens: (ids: readonly string[]) => Promise<ReadonlySet<string>>
  queuePositions: (queuedAt: readonly Date[]) => Promise<ReadonlyMap<number, number>>
  setbacksOf: (cids: readonly string[]) => Promise<ReadonlyMap<string, Setback>>
  statusOf: PinStatusOf
  /** Between two looks. */
  intervalMs: number
  log: Pick<Logger, 'warn'>
}

/** Somebody who follows a pin. `shown` is what the stream has told last. */
export type Viewer = { requestId: string; tokenId: string; stream: EventStream; shown: string }

type Status = ReturnType<PinStatusOf>

/** Whether a status is the last word on a pin. */
export const isFinal = ({ status }: Status) => status === 'pinned' || status === 'failed'

/**
 * Tells viewers what becomes of their pins: one look at Postgres for all of them together, whose cost does not grow with
 * their number, and none without viewers. Progress comes from the live view in memory. A viewer who is behind is told
 * the newest state once it has taken the last. A look that fails is repeated: streams go on.
 */
export function createPinWatch({ intervalMs, log, ...deps }: Deps) {
  const viewers = new Set<Viewer>()
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  async function look(): Promise<void> {
    try {
      const seen = await lookAt([...viewers], deps)
      for (const viewer of viewers) tell(viewer, seen)
    } catch (err) {
      log.warn({ err, viewers: viewers.size }, 'pins could not be looked at for their viewers')
    }
    for (const viewer of viewers) {
      viewer.stream.beat()
      if (viewer.stream.isOver) viewers.delete(viewer)
    }
    timer = undefined
    lookSoon()
  }
  function lookSoon(): void {
    if (viewers.size > 0 && !isClosed) timer ??= setTimeout(() => void look(), intervalMs)
  }

  return {
    add(viewer: Viewer): void {
      if (isClosed) return viewer.stream.end('the server is stopping')
      viewers.add(viewer)
      lookSoon()
    },
    remove: (viewer: Viewer) => viewers.delete(viewer),
    /** Ends all streams; readers may come again elsewhere. */
    close(): void {
      isClosed = true
      clearTimeout(timer)
      for (const { stream } of viewers) stream.end('the server is stopping')
      viewers.clear()
    },
  }
}

type Seen = {
  asked: ReadonlySet<Viewer>
  statuses: ReadonlyMap<string, { status: Status; text: string }>
  revoked: ReadonlySet<string>
}

async function lookAt(asked: readonly Viewer[], deps: Omit<Deps, 'intervalMs' | 'log'>): Promise<Seen> {
  const [found, revoked] = await Promise.all([
    deps.watchedPins([...new Set(asked.map(({ requestId }) => requestId))]),
    deps.revokedTokens([...new Set(asked.map(({ tokenId }) => tokenId))]),
  ])
  const queued = found.flatMap(({ content }) => (content.state === 'queued' ? [content.queuedAt] : []))
  const running = found.flatMap(({ content }) => (content.state === 'pinning' ? [content.cid] : []))
  const [ahead, setbacks] = await Promise.all([deps.queuePositions(queued), deps.setbacksOf(running)])
  const statuses = new Map(
    found.map(accepted => {
      const { cid, state, queuedAt } = accepted.content
      const status = deps.statusOf(accepted, {
        ahead: state === 'queued' ? ahead.get(queuedAt.getTime()) : undefined,
        setback: setbacks.get(cid),
      })
      return [accepted.pin.requestId, { status, text: JSON.stringify(status) }]
    }),
  )
  return { asked: new Set(asked), statuses, revoked }
}

function tell(viewer: Viewer, { asked, statuses, revoked }: Seen): void {
  const { requestId, tokenId, stream } = viewer
  if (!asked.has(viewer)) return
  if (revoked.has(tokenId)) return stream.end('the token is revoked')
  if (stream.isBehind) return
  const seen = statuses.get(requestId)
  if (!seen) {
    stream.send(JSON.stringify({ requestid: requestId }), 'deleted')
    return stream.end('the pin is deleted')
  }
  if (seen.text !== viewer.shown) stream.send(seen.text)
  viewer.shown = seen.text
  if (isFinal(seen.status)) stream.end('this is final')
}
