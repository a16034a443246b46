import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serverEnvironment } from '#deploy/local/server-environment.ts'

const program = fileURLToPath(new URL('../../deploy/token.ts', import.meta.url))

/** A new token of an account, made as an operator makes it. */
export async function createPinningToken(
  databaseUrl: string,
  account: string,
  scopes: readonly string[] = ['read', 'write'],
): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, 'create', '--account', account, ...scopes.flatMap(scope => ['--scope', scope]), '--json'],
    { env: serverEnvironment({ DATABASE_URL: databaseUrl }) },
  )
  return JSON.parse(stdout).token
}
