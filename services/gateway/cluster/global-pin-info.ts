import type { LiveJob } from '#libs/bus/index.ts'
import type { AcceptedPin, ContentState } from '#libs/db/index.ts'
import type { RequestedCid } from './read-cid.ts'

/** The one peer that this API shows: clients take an empty peer map for an error. */
export type VirtualPeer = { id: string; name: string }

type Content = AcceptedPin['content']

/** Names of states in ipfs-cluster (api/types.go, `trackerStatusString`). */
const clusterStatus = {
  queued: 'pin_queued',
  pinning: 'pinning',
  pinned: 'pinned',
  failed: 'pin_error',
  unpinned: 'unpinned',
} as const satisfies Record<ContentState, string>

/**
 * The state of a CID: `GlobalPinInfo` of ipfs-cluster (api/types.go), in its field order, followed by what only we
 * know: `receipt` once pinned, `failure` once failed, `progress` while a worker is on it.
 */
export function globalPinInfo(
  { sentCid }: RequestedCid,
  found: AcceptedPin | undefined,
  live: LiveJob | undefined,
  peer: VirtualPeer,
) {
  const { pin, content } = found ?? {}
  const created = pin?.createdAt.toISOString() ?? '0001-01-01T00:00:00Z'
  return {
    cid: sentCid,
    name: pin?.name ?? '',
    allocations: [],
    origins: pin?.origins ?? [],
    created,
    metadata: pin?.meta ?? null,
    peer_map: {
      [peer.id]: {
        peername: peer.name,
        status: clusterStatus[content?.state ?? 'unpinned'],
        timestamp: content?.changedAt.toISOString() ?? new Date().toISOString(),
        error: content ? errorText(content) : '',
        attempt_count: content?.attempts ?? 0,
        priority_pin: false,
      },
    },
    ...(content ? details(content, live) : {}),
  }
}

const errorText = ({ state, failureCode, failureMessage }: Content) =>
  state === 'failed' ? `${failureCode}: ${failureMessage}` : ''

function details(content: Content, live: LiveJob | undefined) {
  switch (content.state) {
    case 'pinned':
      return { receipt: receipt(content) }
    case 'failed':
      return {
        failure: {
          code: content.failureCode,
          message: content.failureMessage,
          missing_cids: content.missingCids ?? [],
        },
      }
    case 'queued':
    case 'pinning':
      return live ? { progress: progress(live) } : {}
    case 'unpinned':
      return {}
  }
}

const receipt = (content: Content) => ({
  root: content.cid,
  car_cid: content.carCid,
  bucket: content.carBucket,
  key: content.carKey,
  car_bytes: content.carBytes,
  blocks: content.blocks,
  dag_bytes: content.dagBytes,
  verified_at: content.verifiedAt?.toISOString(),
  indexed_at: content.indexedAt?.toISOString() ?? null,
})

const progress = ({ phase, attempt, dagBytes, dagBlocks, carBytes }: LiveJob) => ({
  phase,
  attempt,
  dag_bytes: dagBytes,
  dag_blocks: dagBlocks,
  car_bytes: carBytes,
})
