export { type AcceptedPin, acceptPin, newRequestId, type PinRequest } from './accept-pin.ts'
export { connectDatabase, type Database, type Queries } from './connect-database.ts'
export { isDatabaseAway } from './database-away.ts'
export { recordHandled, wasHandled } from './inbox.ts'
export { type Claim, type Job, type Lease, LeaseLostError, type Leases, leasesOf } from './leases.ts'
export { migrateDatabase } from './migrate-database.ts'
export { type OutboxRelay, startOutboxRelay } from './outbox-relay.ts'
export { originsOf, requestIdOf } from './pins-of-content.ts'
export {
  type ContentState,
  contents,
  type PinApi,
  pins,
  type Step,
} from './schema.ts'
