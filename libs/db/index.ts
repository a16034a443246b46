export { type AcceptedPin, acceptPin, newRequestId, type PinRequest } from './accept-pin.ts'
export { createAcceptPin } from './accept-pins-together.ts'
export { acceptUploadedCar } from './accept-uploaded-car.ts'
export { type AuditEntry, endOfLetter, recordAudit } from './audit.ts'
export { type CarNotBridged, carsNotBridged, markToldAgain } from './cars-not-bridged.ts'
export { bareClusterPins, clusterPins, createFindClusterPin } from './cluster-pins.ts'
export { connectDatabase, type Database, type Queries } from './connect-database.ts'
export { type ContentChanges, createContentChanges } from './content-changes.ts'
export { type StepRecord, stepsOf } from './content-steps.ts'
export { isDatabaseAway } from './database-away.ts'
export { createDatabaseCheck } from './database-check.ts'
export { eq, sql } from './drizzle.ts'
export { type FinishedMinute, finishedByMinute } from './finished-contents.ts'
export { groupCalls } from './group-calls.ts'
export { recordHandled, wasHandled } from './inbox.ts'
export { type JobStanding, standingOf } from './job-standing.ts'
export { leasedContents } from './leased-contents.ts'
export { type LeasedJob, leasedJobs } from './leased-jobs.ts'
export { type Claim, type Job, type Lease, LeaseLostError, type Leases, leasesOf } from './leases.ts'
export { migrateDatabase } from './migrate-database.ts'
export { type OutboxRelay, startOutboxRelay } from './outbox-relay.ts'
export { type Counted, countPins, foldPinCounts, otherAccountsQueue } from './pin-counts.ts'
export { countPinsByState } from './pins-by-state.ts'
export { createWantedBy, requestIdOf, type Wanted } from './pins-of-content.ts'
export { type NameMatch, nameMatches, type PsaFilter } from './psa-filter.ts'
export { createPsaPins, findKeyedPins, findPsaPin, findPsaPins } from './psa-pins.ts'
export { queuePosition, queuePositions } from './queue-position.ts'
export { type Deliveries, repeatQuietContents } from './quiet-contents.ts'
export { type Backlog, countAllPins, readBacklog } from './read-backlog.ts'
export type { ClusterPin } from './read-pins.ts'
export { recoverContent } from './recover-content.ts'
export { expiredPins, removeClusterPin, removeExpiredPin, removePsaPin } from './remove-pin.ts'
export { replacePsaPin } from './replace-pin.ts'
export { type Restart, restartFailed } from './restart-failed.ts'
export {
  type ClusterOptions,
  type ContentState,
  contents,
  type PinApi,
  pins,
  type Step,
  type TokenScope,
  tokenScopes,
} from './schema.ts'
export type { UploadedCar } from './send-to-validator.ts'
export { type Setback, setbacksOf } from './setbacks.ts'
export { type StagingNeed, stagingNeeds } from './staging-needs.ts'
export { adoptCar, type CarRow, carRows, isCarKnown, replaceLostCar } from './stored-cars.ts'
export { oldOutboxRows, type StuckContent, stuckContents, unstick } from './stuck-contents.ts'
export {
  createToken,
  findToken,
  listTokens,
  revokedTokens,
  revokeToken,
  setQuotas,
  type TokenGrant,
} from './tokens.ts'
export { forgetCar, takeUnpinnedCars, type UnpinnedCar } from './unpinned-cars.ts'
export { carDeletionMs } from './want-content.ts'
export { watchedPins } from './watched-pins.ts'
export { correctCount, type WrongCount, wrongCounts } from './wrong-counts.ts'
