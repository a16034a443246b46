import { createToken, type Database, listTokens, revokeToken, setQuotas } from '#libs/db/index.ts'
import { StackError } from '../local/stack-error.ts'
import type { TokenCommand } from './command-line.ts'

export type AnswerField = string | number | readonly string[] | Date | null

/** What a command did or found: a record, or a list of them. */
export type TokenAnswer = Record<string, AnswerField> | Record<string, AnswerField>[]

/** Does what a command says. Throws {@link StackError} when there is no such token or account. */
export async function runTokenCommand(
  db: Database,
  command: TokenCommand,
  actor: string,
): Promise<TokenAnswer> {
  switch (command.kind) {
    case 'create': {
      const { account, name, scopes } = command
      const { id, token } = await createToken(db, { account, name, scopes }, actor)
      return { token, id, account, name, scopes }
    }
    case 'list':
      return listTokens(db, command.account)
    case 'revoke':
      if (!(await revokeToken(db, command.id, actor)))
        throw new StackError(`there is no token ${command.id} that is not revoked`)
      return { revoked: command.id }
    case 'quota':
      if (!(await setQuotas(db, command.account, command.quotas, actor)))
        throw new StackError(`there is no account ${command.account}: create a token for it first`)
      return { account: command.account, ...command.quotas }
  }
}
