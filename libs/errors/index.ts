export { type Failure, failureOf, PermanentError, PickupError, TransientError } from './errors.ts'
export { blamelessCodes, type FailureCode, failureCodes, isOutage } from './failure-codes.ts'
