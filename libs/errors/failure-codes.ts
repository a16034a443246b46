/**
 * Every reason for which a pin can fail, with the sentence that people read.
 * The code is stable and kebab-case; machines compare codes, never messages.
 */
export const failureCodes = {
  'invalid-message': 'The message does not match the schema of its event. Correct it and publish it again.',
  'not-found':
    'No reachable peer has the root block. Keep the data online and give its address as an origin, then pin again.',
  stalled: 'The transfer stopped making progress. Check the provider, then pin again.',
  'timed-out':
    'The transfer did not finish within the total time limit. Provide the data from a faster peer.',
  'dag-incomplete': 'Some blocks of the DAG could not be found. Provide the missing CIDs, then pin again.',
  'car-too-big': 'The DAG is larger than the largest CAR this service stores. Split it.',
  'block-too-big': 'A block is larger than IPFS peers exchange. Import the data again with smaller blocks.',
  'too-many-blocks':
    'The DAG has more blocks than this service checks. Import the data again with larger blocks.',
  'bad-block':
    'A block does not match the hash in its CID: the data was damaged on the way or in storage. Pin again; if it stays so, import the data again.',
  'bad-car':
    'The bytes are not a well-formed CAR: the data was damaged on the way or in storage. Pin again; if it stays so, make the CAR again.',
  'wrong-root':
    'The CAR has another root than the CID asked for. Ask for the root that it has, or give the CAR of the CID.',
  'unexpected-block':
    'The CAR holds a block that the DAG does not link to. Make the CAR of the DAG alone, or pin again.',
  'unsupported-codec':
    'The DAG uses a codec whose links cannot be checked, so it cannot be proven complete. Import the data as dag-pb, dag-cbor, dag-json or raw.',
  'unsupported-hash':
    'The DAG uses a hash function that cannot be checked here. Import the data again with sha2-256.',
  'claim-mismatch':
    'The stored CAR differs from what the fetcher reported, so it was not pinned. Pin again; if it stays so, the operator must look at the storage.',
  'source-unavailable': 'The IPFS node of the worker did not answer. The operator must look at it.',
  'storage-unavailable': 'The S3 storage did not answer. The operator must look at it.',
  'worker-lost': 'Every worker that took the job ended before it could report. The operator must look at it.',
  internal: 'An unexpected error. The operator finds it in the logs by the trace id.',
} as const satisfies Record<string, string>

/** One of the codes of {@link failureCodes}. */
export type FailureCode = keyof typeof failureCodes

/** Whether a failure tells nothing about the content: a server of the operator's did not answer. */
export const isOutage = (code: FailureCode): boolean =>
  code === 'source-unavailable' || code === 'storage-unavailable'

/** The codes that tell nothing about the content: those of outages, of lost workers, and of our own faults. */
export const blamelessCodes: readonly FailureCode[] = [
  'source-unavailable',
  'storage-unavailable',
  'worker-lost',
  'internal',
]
