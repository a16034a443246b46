import type { LiveJob } from '#libs/bus/index.ts'
import type { AcceptedPin } from '#libs/db/index.ts'
import { type Known, statusDetails } from './status-details.ts'

/**
 * `info` of a pin: texts only, and no key without a value. `status_details`, `dag_size`, `raw_size` and `pinned_until`
 * are the specification's names, the others ours. Sizes are in bytes, `rate` in bytes per second, `stalled_for` in
 * seconds, times in RFC 3339.
 */
export function pinInfo(pin: AcceptedPin['pin'], { live, ...facts }: Known): Record<string, string> {
  // A worker that has given up leaves its last word behind for a while.
  const known = { ...facts, live: facts.setback?.isWaiting ? undefined : live }
  const { attempts } = known.content
  const details = {
    status_details: statusDetails(known),
    ...stateInfo(known),
    attempts: attempts === 0 ? undefined : attempts,
    pinned_until: pin.expiresAt?.toISOString(),
    trace_id: known.content.traceId,
  }
  return Object.fromEntries(
    Object.entries(details).flatMap(([key, value]) =>
      value === undefined || value === null ? [] : [[key, String(value)]],
    ),
  )
}

type Details = Record<string, string | number | null | undefined>

function stateInfo({ content, live, ahead }: Known): Details {
  switch (content.state) {
    case 'pinned':
      return {
        dag_size: content.dagBytes,
        raw_size: content.rawBytes,
        blocks: content.blocks,
        bytes_fetched: content.dagBytes,
        progress: '100%',
        car_cid: content.carCid,
        verified_at: content.verifiedAt?.toISOString(),
      }
    case 'failed':
      return { failure_code: content.failureCode, missing_cids: content.missingCids?.join(',') || undefined }
    case 'queued':
    case 'pinning':
    case 'unpinned':
      return live ? jobInfo(live) : { queue_position: ahead === undefined ? undefined : ahead + 1 }
  }
}

/** How large a DAG is shows at its end only: the share is known for the check of what was stored. */
function jobInfo({ phase, dagBytes, dagBlocks, carBytes, bytesPerSecond, stalledMs = 0 }: LiveJob): Details {
  const share =
    phase === 'validating' && dagBytes > 0 ? Math.min(Math.floor((carBytes / dagBytes) * 100), 99) : undefined
  return {
    progress: share === undefined ? phase : `${phase} ${share}%`,
    blocks: dagBlocks,
    bytes_fetched: dagBytes,
    rate: bytesPerSecond,
    stalled_for: stalledMs >= 1_000 ? Math.floor(stalledMs / 1_000) : undefined,
  }
}
