import type { ClusterPin, ContentState } from '#libs/db/index.ts'
import { failureSentence } from '../failure-sentence.ts'
import type { VirtualPeer } from './global-pin-info.ts'
import { momentText, secondsText } from './go-time.ts'

/** Names of states in ipfs-cluster (api/types.go, `trackerStatusString`). */
const clusterStatus = {
  queued: 'pin_queued',
  pinning: 'pinning',
  pinned: 'pinned',
  failed: 'pin_error',
  unpinned: 'unpinned',
} as const satisfies Record<ContentState, string>

/** A pin is preferred while it is younger and has failed no more often (pintracker/stateless/config.go). */
const priorityMaxAgeMs = 24 * 3_600_000
const priorityMaxAttempts = 5

/**
 * What the one peer says of a pin: `PinInfoShort` of ipfs-cluster (api/types.go), in its field order.
 *
 * While there is work or it has failed, `timestamp` is the time of the last change, and `attempt_count` counts the
 * attempts that have begun. With the work done both are as ipfs-cluster has them then: the time of the request, and 0.
 * The IPFS node has the peer's own id: clients use it as a key, and the fetchers' nodes come and go.
 */
export function peerEntry({ pin, content }: ClusterPin, peer: VirtualPeer) {
  const { state, attempts } = content
  const atWork = state === 'queued' || state === 'pinning' || state === 'failed'
  const changedAt = new Date(Math.max(content.changedAt.getTime(), pin.createdAt.getTime()))
  const young = Date.now() - pin.createdAt.getTime() < priorityMaxAgeMs
  return {
    peername: peer.name,
    ipfs_peer_id: peer.id,
    status: clusterStatus[state] as string,
    timestamp: atWork ? momentText(changedAt) : secondsText(pin.createdAt),
    error: state === 'failed' ? errorText(content) : '',
    attempt_count: atWork ? attempts : 0,
    priority_pin: atWork && young && attempts <= priorityMaxAttempts,
  }
}

/** `stalled: nothing came. The transfer stopped making progress. …` An unexpected error has nothing but its sentence. */
function errorText({ failureCode, failureMessage }: ClusterPin['content']): string {
  const sentence = failureSentence(failureCode)
  const parts = [failureMessage, sentence === failureMessage ? '' : sentence].filter(part => part)
  return `${failureCode}: ${parts.map(part => `${part}`.replace(/[^.]$/, '$&.')).join(' ')}`
}

/** What the one peer says of a CID that is not pinned. */
export const unpinnedEntry = (peer: VirtualPeer, now: string): ReturnType<typeof peerEntry> => ({
  peername: peer.name,
  ipfs_peer_id: peer.id,
  status: clusterStatus.unpinned,
  timestamp: now,
  error: '',
  attempt_count: 0,
  priority_pin: false,
})
