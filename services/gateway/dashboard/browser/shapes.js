/**
 * Answers of the APIs; the gateway describes them at `/openapi.json`.
 *
 * @typedef {'queued' | 'pinning' | 'pinned' | 'failed'} Status
 *
 * @typedef {object} Pin
 * @property {string} requestid
 * @property {Status} status
 * @property {string} created
 * @property {{ cid: string, name?: string, origins?: string[], meta?: Record<string, string> }} pin
 * @property {string[]} delegates
 * @property {Record<string, string | undefined>} info
 *
 * @typedef {object} Account
 * @property {string} account
 * @property {string[]} scopes
 * @property {Record<Status, number>} pins
 *
 * @typedef {object} Step
 * @property {'fetch' | 'validate'} step
 * @property {number} attempts
 * @property {number} failures
 * @property {number} outages
 * @property {string | null} lastError
 * @property {boolean} isDone
 * @property {string | null} worker
 *
 * @typedef {object} History
 * @property {string} created
 * @property {string} state
 * @property {number} generation
 * @property {string} queuedAt
 * @property {string} changedAt
 * @property {string | null} verifiedAt
 * @property {string | null} indexedAt
 * @property {Step[]} steps
 * @property {{ id: string, url: string | null } | null} trace
 *
 * @typedef {object} Receipt
 * @property {string} root
 * @property {string} carCid
 * @property {number} bytes
 * @property {number} blocks
 * @property {number} dagBytes
 * @property {number | null} rawBytes
 * @property {string} bucket
 * @property {string} key
 * @property {string | null} verifiedAt
 * @property {string | null} indexedAt
 *
 * @typedef {object} Overview
 * @property {string} at
 * @property {{ stream: string, messages: number, bytes: number }[]} streams
 * @property {{ consumer: string, stream: string, waiting: number, unsettled: number, redelivered: number }[]} consumers
 * @property {{ peerId: string, agentVersion: string, repoBytes: number, repoLimitBytes: number, transfers: number, transferSlots: number, announcedAt: string }[]} nodes
 * @property {{ worker: string, locating: number, waiting: number, transferring: number, validating: number, bytesPerSecond: number, stalled: number }[]} workers
 * @property {{ at: string, pinned: number, failed: number }[]} finished
 *
 * @typedef {object} Letter
 * @property {number} id
 * @property {string} consumer
 * @property {string} subject
 * @property {string} code
 * @property {string} reason
 * @property {string} source
 * @property {number} deliveries
 * @property {string} publishedAt
 * @property {string} failedAt
 * @property {string} worker
 * @property {string} messageId
 * @property {number} bytes
 *
 * What every page gets.
 *
 * @typedef {object} Context
 * @property {import('./ask.js').Ask} ask
 * @property {string} token
 * @property {Account} account
 * @property {AbortSignal} signal Aborted when another page is shown
 * @property {(isLost: boolean) => void} onConnection
 * @property {(error: Error) => void} onError
 * @property {(text: string) => void} announce Says it to who cannot see it
 */
export {}
