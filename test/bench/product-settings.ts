/**
 * Of a pipeline that is measured: as in production, where those of tests have shorter times. What is made stays in
 * Kubo until the bench removes it or ends, so that whoever is compared finds the same.
 */
export const productSettings = {
  LOG_LEVEL: 'info',
  LOCATE_FIRST_TIMEOUT_MS: '3000',
  LOCATE_TIMEOUT_MS: '30000',
  CONNECT_TIMEOUT_MS: '5000',
  FETCH_CHUNK_TIMEOUT_MS: '120000',
  HEARTBEAT_MS: '30000',
  LEASE_MS: '180000',
  RETRY_MIN_MS: '5000',
  RETRY_MAX_MS: '600000',
  EVENT_RETRY_MIN_MS: '1000',
  EVENT_RETRY_MAX_MS: '300000',
  FAILURE_LIMIT: '5',
  PROGRESS_INTERVAL_MS: '1000',
  GC_IDLE_MS: '86400000',
}

/** With the settings above; default of the product. */
export const productAckWaitMs = 120_000
