import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream'
import {
  ClosedConnectionError,
  ConnectionError,
  DrainingConnectionError,
  NoRespondersError,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node'
import { NotStoredError } from './publish.ts'

const away = [
  TimeoutError,
  NoRespondersError,
  RequestError,
  ConnectionError,
  ClosedConnectionError,
  DrainingConnectionError,
  JetStreamError,
  JetStreamApiError,
  NotStoredError,
]

/** Whether `error` means that NATS cannot do it right now, and the same may succeed later: streams that are missing, too. */
export const isNatsAway = (error: unknown): boolean => away.some(kind => error instanceof kind)
