import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { recordAudit } from './audit.ts'
import type { Database } from './connect-database.ts'
import { and, asc, eq, inArray, isNotNull, isNull, sql } from './drizzle.ts'
import { accounts, type TokenScope, tokens } from './schema.ts'

/** What a valid token stands for. */
export type TokenGrant = {
  tokenId: string
  account: string
  scopes: TokenScope[]
  maxPendingPins: number | null
  maxPinnedBytes: number | null
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')

/**
 * Makes a token of an account, and the account when it is new. The token is returned this once; only its hash is
 * stored. `actor` is noted in the audit, here and below.
 */
export async function createToken(
  db: Database,
  { account, name, scopes }: { account: string; name: string; scopes: readonly TokenScope[] },
  actor: string,
): Promise<{ id: string; token: string }> {
  const id = randomUUID()
  // In hex, because a token that begins with a dash is an option to many command lines.
  const token = randomBytes(32).toString('hex')
  await db.transaction(async tx => {
    await tx.insert(accounts).values({ id: account }).onConflictDoNothing()
    await tx.insert(tokens).values({ id, account, name, scopes: [...scopes], hash: hashOf(token) })
    const details = { account, name, scopes }
    await recordAudit(tx, { actor, action: 'token.create', subject: id, outcome: 'created', details })
  })
  return { id, token }
}

/** Resolves with undefined for a token that is unknown or revoked. Notes its use, to the minute. */
export async function findToken(db: Database, token: string): Promise<TokenGrant | undefined> {
  const [found] = await db
    .select({
      tokenId: tokens.id,
      account: tokens.account,
      scopes: tokens.scopes,
      maxPendingPins: accounts.maxPendingPins,
      maxPinnedBytes: accounts.maxPinnedBytes,
      isUseNoted: sql<boolean>`coalesce(${tokens.lastUsedAt} > now() - interval '1 minute', false)`,
    })
    .from(tokens)
    .innerJoin(accounts, eq(accounts.id, tokens.account))
    .where(and(eq(tokens.hash, hashOf(token)), isNull(tokens.revokedAt)))
  if (!found) return undefined
  const { isUseNoted, ...grant } = found
  if (!isUseNoted)
    await db
      .update(tokens)
      .set({ lastUsedAt: sql`date_trunc('minute', now())` })
      .where(eq(tokens.id, grant.tokenId))
  return grant
}

/** From now on the token is refused. Resolves with whether there was such a token that was not yet revoked. */
export function revokeToken(db: Database, id: string, actor: string): Promise<boolean> {
  return db.transaction(async tx => {
    const [revoked] = await tx
      .update(tokens)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(tokens.id, id), isNull(tokens.revokedAt)))
      .returning({ account: tokens.account, name: tokens.name })
    if (!revoked) return false
    await recordAudit(tx, {
      actor,
      action: 'token.revoke',
      subject: id,
      outcome: 'revoked',
      details: revoked,
    })
    return true
  })
}

/** Which of these tokens are revoked, by their ids. */
export async function revokedTokens(db: Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const revoked = await db
    .select({ id: tokens.id })
    .from(tokens)
    .where(and(inArray(tokens.id, [...ids]), isNotNull(tokens.revokedAt)))
  return new Set(revoked.map(({ id }) => id))
}

/** Tokens of all accounts, or of one, oldest first. */
export const listTokens = (db: Database, account?: string) =>
  db
    .select({
      id: tokens.id,
      account: tokens.account,
      name: tokens.name,
      scopes: tokens.scopes,
      createdAt: tokens.createdAt,
      lastUsedAt: tokens.lastUsedAt,
      revokedAt: tokens.revokedAt,
    })
    .from(tokens)
    .where(account === undefined ? undefined : eq(tokens.account, account))
    .orderBy(asc(tokens.createdAt))

/** Sets what an account may have; null takes a limit away. Resolves with whether there is such an account. */
export function setQuotas(
  db: Database,
  account: string,
  quotas: Partial<Pick<TokenGrant, 'maxPendingPins' | 'maxPinnedBytes'>>,
  actor: string,
): Promise<boolean> {
  return db.transaction(async tx => {
    const changed = await tx.update(accounts).set(quotas).where(eq(accounts.id, account)).returning()
    if (changed.length === 0) return false
    const limited = { actor, action: 'account.limit', subject: account, outcome: 'limited' } as const
    await recordAudit(tx, { ...limited, details: quotas })
    return true
  })
}
