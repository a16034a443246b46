import { createPinningToken } from '../../test/clients/psa-token.ts'
import type { Pipeline } from '../../test/e2e/pipeline.ts'
import { type CliUser, createCliUser } from './cli-user.ts'

/** A user whose environment names the server of a pipeline and a new token of this account. */
export async function createAccountUser(
  pipeline: Pipeline,
  account: string,
  more: Record<string, string> = {},
): Promise<CliUser> {
  const token = await createAccountToken(pipeline, account)
  return createCliUser({ PICKUP_URL: `${pipeline.gatewayUrl}/psa`, PICKUP_TOKEN: token, ...more })
}

/** A new token of an account of a pipeline. */
export function createAccountToken(pipeline: Pipeline, account: string): Promise<string> {
  const databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL']
  if (databaseUrl === undefined) throw new Error('the gateway has no database')
  return createPinningToken(databaseUrl, account)
}
