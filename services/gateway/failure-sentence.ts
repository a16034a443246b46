import { type FailureCode, failureCodes } from '#libs/errors/index.ts'

/** What happened and what to do, for people; empty for a code that this version does not know. */
export const failureSentence = (code: string | null): string =>
  code && Object.hasOwn(failureCodes, code) ? failureCodes[code as FailureCode] : ''
