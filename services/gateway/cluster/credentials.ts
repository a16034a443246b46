import { readFileSync } from 'node:fs'
import { ConfigError } from '#libs/config/index.ts'

/** Passwords by user. Without any, the API is open. */
export type Credentials = ReadonlyMap<string, string>

type Sources = {
  CLUSTER_BASIC_AUTH_TOKEN?: string
  CLUSTER_RESTAPI_BASICAUTHCREDENTIALS?: string
  CLUSTER_BASIC_AUTH_FILE?: string
}

/**
 * The users of all three settings together: base64 of `user:password`; `user:password,user2:password2` as ipfs-cluster
 * has it (`envconfig`'s form of a map), so without commas; a file with a `user:password` on each line, where empty lines
 * and those that begin with `#` do not count. Of a pair, the first colon divides.
 * Throws `ConfigError` that names the place of a bad pair, and never repeats it.
 */
export function readCredentials(sources: Sources): Credentials {
  const pairs = [...tokenPair(sources), ...listPairs(sources), ...filePairs(sources)]
  const credentials = new Map<string, string>()
  for (const { text, place } of pairs) {
    const [, user = '', password = ''] = /^([^:]+):(.+)$/s.exec(text) ?? []
    if (user === '') throw new ConfigError(`bad settings: ${place} is not user:password`)
    if (credentials.has(user)) throw new ConfigError(`bad settings: ${place} names a user a second time`)
    credentials.set(user, password)
  }
  return credentials
}

type Pair = { text: string; place: string }

function tokenPair({ CLUSTER_BASIC_AUTH_TOKEN: token }: Sources): Pair[] {
  if (!token) return []
  return [
    { text: Buffer.from(token, 'base64').toString(), place: 'the decoded text of CLUSTER_BASIC_AUTH_TOKEN' },
  ]
}

function listPairs({ CLUSTER_RESTAPI_BASICAUTHCREDENTIALS: list }: Sources): Pair[] {
  return (list?.split(',') ?? []).map((text, i) => ({
    text,
    place: `entry ${i + 1} of CLUSTER_RESTAPI_BASICAUTHCREDENTIALS`,
  }))
}

function filePairs({ CLUSTER_BASIC_AUTH_FILE: file }: Sources): Pair[] {
  if (!file) return []
  const pairs = textOf(file)
    .split(/\r?\n/)
    .map((text, i) => ({ text, place: `line ${i + 1} of ${file} (CLUSTER_BASIC_AUTH_FILE)` }))
    .filter(({ text }) => text.trim() !== '' && !text.startsWith('#'))
  // A secret that is not filled yet must not open the API to everybody.
  if (pairs.length === 0)
    throw new ConfigError(`bad settings: ${file} (CLUSTER_BASIC_AUTH_FILE) names no user`)
  return pairs
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ConfigError(`bad settings: CLUSTER_BASIC_AUTH_FILE: ${file} cannot be read (${code})`, {
      cause,
    })
  }
}
