import type { LiveJob } from '#libs/bus/index.ts'
import type { ClusterPin } from '#libs/db/index.ts'
import { failureSentence } from '../failure-sentence.ts'

type Content = ClusterPin['content']

/** What only we know of a content, in fields of our own: clients of ipfs-cluster skip them. */
export function ownDetails(content: Content, live: LiveJob | undefined) {
  switch (content.state) {
    case 'pinned':
      return { receipt: receipt(content) }
    case 'failed':
      return { failure: failure(content) }
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
  raw_bytes: content.rawBytes,
  verified_at: content.verifiedAt?.toISOString(),
  indexed_at: content.indexedAt?.toISOString() ?? null,
  attempts: content.attempts,
})

const failure = ({ failureCode, failureMessage, missingCids, attempts }: Content) => ({
  code: failureCode,
  message: failureMessage,
  explanation: failureSentence(failureCode),
  missing_cids: missingCids ?? [],
  attempts,
})

const progress = ({ phase, attempt, dagBytes, dagBlocks, carBytes }: LiveJob) => ({
  phase,
  attempt,
  dag_bytes: dagBytes,
  dag_blocks: dagBlocks,
  car_bytes: carBytes,
})
