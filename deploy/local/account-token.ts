import { connectDatabase, createToken, findToken } from '#libs/db/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import { readKept, writePrivateFile } from './private-file.ts'

type TokenOptions = {
  databaseUrl: string
  /** Where the token is kept, readable by its owner only: the database has no more than its digest. */
  file: string
  log: Logger
}

/** A token of the account `default`: the one that was made at the first start, unless it was revoked since. */
export async function keepAccountToken({ databaseUrl, file, log }: TokenOptions): Promise<string> {
  const settings = {
    DATABASE_URL: databaseUrl,
    DATABASE_MAX_CONNECTIONS: 1,
    DATABASE_QUERY_TIMEOUT_MS: 10_000,
  }
  await using db = connectDatabase('start', settings, log)
  const kept = await readKept<{ token: string }>(file)
  if (kept && (await findToken(db, kept.token))) return kept.token
  const { token } = await createToken(
    db,
    { account: 'default', name: 'npm start', scopes: ['read', 'write'] },
    'npm start',
  )
  await writePrivateFile(file, `${JSON.stringify({ token }, undefined, 2)}\n`)
  return token
}
